import Moderation
import Testing
import YAMLDocument

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows that only regular files within the limit are read, and that everything else ends at once with a reason.
struct SourceFileTests {
  static func codes(_ path: String, maxBytes: Int = 100) -> [String] {
    var diagnostics = Diagnostics()
    let bytes = SourceFile.read(path: path, file: path, maxBytes: maxBytes, diagnostics: &diagnostics)
    #expect((bytes == nil) == diagnostics.hasErrors)
    return diagnostics.all.map(\.code)
  }

  @Test func aFileUpToTheLimitIsRead() {
    let folder = Golden.temporaryFolder()
    #expect(Golden.writeBytes([UInt8](repeating: 0x61, count: 100), to: folder + "/a"))
    #expect(Self.codes(folder + "/a") == [])
    #expect(Self.codes(folder + "/a", maxBytes: 99) == ["file-too-large"])
  }

  @Test func foldersDevicesAndPipesAreRefusedWithoutWaiting() {
    let folder = Golden.temporaryFolder()
    #expect(mkfifo(folder + "/pipe", 0o600) == 0)
    #expect(Self.codes(folder) == ["not-a-file"])
    #expect(Self.codes(folder + "/pipe") == ["not-a-file"])
    #expect(Self.codes("/dev/zero") == ["not-a-file"])
  }

  @Test func aMissingFileSaysSo() {
    #expect(Self.codes("/nowhere/at/all.yaml") == ["file-not-found"])
    #expect(Self.codes("/etc/hostname/x.yaml") == ["file-not-found"])
  }

  @Test func aSymbolicLinkThatLeadsRoundInCirclesIsAnError() {
    let folder = Golden.temporaryFolder()
    #expect(symlink(folder + "/b", folder + "/a") == 0)
    #expect(symlink(folder + "/a", folder + "/b") == 0)
    #expect(Self.codes(folder + "/a") == ["file-unreadable"])
  }
}

/// Shows that places and bytes are turned into each other exactly.
struct SourceTextTests {
  @Test(arguments: ["", "abc", "a\nb\n", "é日😀\r\nx\r\ry\n", "\u{FEFF}é\nb", String(repeating: "é😀x", count: 200) + "\nz"])
  func everyScalarIsFoundAtItsPlaceAndBack(text: String) {
    let source = SourceText(text)
    var line = 1
    var column = 1
    var offset = 0
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let width = String(scalar).utf8.count
      if index == 0, scalar == "\u{FEFF}" {
        offset += width
        continue
      }
      #expect(source.offset(line: line, column: column) == offset)
      #expect(source.place(ofByte: offset) == (line, column))
      offset += width
      column += 1
      if scalar == "\n" || (scalar == "\r" && !(index + 1 < scalars.count && scalars[index + 1] == "\n")) { (line, column) = (line + 1, 1) }
    }
    #expect(source.lineCount == line)
    #expect(source.offset(line: line + 5, column: 9) == source.bytes.count)
  }
}
