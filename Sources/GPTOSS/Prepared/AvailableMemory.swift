#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Memory that can be had without swapping: `MemAvailable` of /proc/meminfo, within the control group's limit; nil where the system does not say.
/// Clean file pages count as available, so a mapped model that is already cached does not count against itself.
public func availableMemory() -> Int? {
  guard let text = readSmallFile("/proc/meminfo") else { return nil }
  guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }) else { return nil }
  guard let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
  let free = kilobytes << 10
  guard let limit = readSmallFile("/sys/fs/cgroup/memory.max").flatMap({ Int($0.split(separator: "\n").first ?? "") }) else { return free }
  // Anonymous memory only: the group's file pages can be dropped.
  let anonymous = readSmallFile("/sys/fs/cgroup/memory.stat")?.split(separator: "\n").first { $0.hasPrefix("anon ") }
    .flatMap { Int($0.dropFirst(5)) }
  return min(free, max(0, limit - (anonymous ?? 0)))
}

/// Resident memory of this process in bytes: now, and at its highest; nil where the system does not say.
public func residentMemory() -> (now: Int, peak: Int)? {
  guard let text = readSmallFile("/proc/self/status") else { return nil }
  func field(_ name: String) -> Int? {
    text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
      .flatMap { Int($0) }.map { $0 << 10 }
  }
  guard let now = field("VmRSS:"), let peak = field("VmHWM:") else { return nil }
  return (now, peak)
}

private func readSmallFile(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 16384)
  let count = read(descriptor, &bytes, bytes.count)
  return count > 0 ? String(decoding: bytes[0..<count], as: UTF8.self) : nil
}
