/// Downloads checkpoints from a server with the URL layout of the Hugging Face hub.
///
/// The idea: the listing of a revision names its commit, and every file is then asked for at that commit, so a repository that moves on meanwhile
/// cannot be mixed. Content goes to `NAME.partial` beside its place; a broken transfer is taken up where it ended (`Range`, `If-Range`), also by a
/// later process; what arrived is renamed into place only when size and hash are right.
///
/// The contract: a file under its final name is whole and is what the hub said it is. Names from the server never lead out of the folder. The token
/// goes to the mirror's own origin and nowhere else, whatever redirects say, and stands in no message. Memory does not grow with the files.
///
/// The price: every file is hashed, also the part that an earlier run brought; about a second for each gigabyte.
public enum ModelHub {
  public static let defaultMirror = "https://huggingface.co"
  /// Sent as `User-Agent`.
  static let userAgent = "winnow"
}
