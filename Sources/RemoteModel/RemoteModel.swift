// RemoteModel
