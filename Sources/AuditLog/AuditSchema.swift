import GRDB

/// Tables of an audit file. Rationale and reasoning stand in a table of their own, so that access to them can be restricted.
enum AuditSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE run (
            id TEXT PRIMARY KEY, started TEXT NOT NULL, finished TEXT, pipeline TEXT NOT NULL, pipeline_path TEXT NOT NULL, pipeline_hash TEXT NOT NULL,
            stages TEXT NOT NULL, winnow_version TEXT NOT NULL
          ) STRICT;
          CREATE TABLE verdict (
            run TEXT NOT NULL REFERENCES run (id), position INTEGER NOT NULL, message_id TEXT NOT NULL, text_hash TEXT NOT NULL, text TEXT,
            conversation_hash TEXT, verdict TEXT NOT NULL, reason TEXT NOT NULL, category TEXT, stage TEXT, score REAL, degraded TEXT, audited INTEGER NOT NULL,
            sampling REAL, time TEXT NOT NULL, trace TEXT NOT NULL,
            PRIMARY KEY (run, position)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX verdict_message ON verdict (message_id);
          CREATE TABLE rationale (
            run TEXT NOT NULL, position INTEGER NOT NULL, stage TEXT NOT NULL, category TEXT NOT NULL, rationale TEXT, reasoning TEXT,
            PRIMARY KEY (run, position, stage, category)
          ) STRICT, WITHOUT ROWID;
          """)
    }
    return migrator
  }
}
