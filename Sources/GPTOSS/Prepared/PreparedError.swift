/// What kept a model from being prepared or mapped.
public enum PreparedModelError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The system refused a file operation.
  case fileSystem(path: String, String)
  /// The file is not a prepared model, is incomplete, or was made for another checkpoint or by another version; prepare it again.
  case stale(path: String, String)
  /// The configuration cannot run on the fast path.
  case unsupported(String)
  /// A weight that no model can have.
  case badWeight(tensor: String, String)
  /// Starting would need more memory than the machine has free.
  case outOfMemory(needed: Int, available: Int)
  case cancelled

  public var description: String {
    switch self {
    case .fileSystem(let path, let detail): "\(path): \(detail)"
    case .stale(let path, let detail): "\(path): \(detail); run `winnow model prepare` again"
    case .unsupported(let detail): detail
    case .badWeight(let tensor, let detail): "tensor `\(tensor)`: \(detail)"
    case .outOfMemory(let needed, let available): "needs \(needed >> 20) MiB of memory, \(available >> 20) MiB are available"
    case .cancelled: "cancelled"
    }
  }
}
