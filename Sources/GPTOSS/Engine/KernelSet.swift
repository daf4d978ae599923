#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels

/// One instruction set's kernels.
public struct KernelSet: Sendable, Hashable, CustomStringConvertible {
  // Points to a constant table of the C module.
  nonisolated(unsafe) let table: UnsafePointer<wk_kernels>

  /// `scalar`, `avx2`, `avx512` or `neon`; nil when there is no such set or this CPU lacks it.
  public init?(named name: String) {
    guard let table = wk_kernels_named(name) else { return nil }
    self.table = table
  }

  private init(_ table: UnsafePointer<wk_kernels>) { self.table = table }

  /// The fastest of this CPU.
  public static var best: KernelSet { KernelSet(wk_kernels_best()) }

  /// What the environment variable `WINNOW_KERNELS` names, else the fastest.
  /// - Throws: ``EngineError/unknownKernels(_:)`` when it names a set that is not to be had here.
  public static func fromEnvironment() throws(EngineError) -> KernelSet {
    guard let value = getenv("WINNOW_KERNELS") else { return best }
    let name = String(cString: value)
    guard !name.isEmpty else { return best }
    guard let set = KernelSet(named: name) else { throw .unknownKernels(name) }
    return set
  }

  /// All sets of this CPU, the reference first.
  public static var available: [KernelSet] { ["scalar", "avx2", "avx512", "neon"].compactMap { KernelSet(named: $0) } }

  public var description: String { String(cString: table.pointee.name) }
}
