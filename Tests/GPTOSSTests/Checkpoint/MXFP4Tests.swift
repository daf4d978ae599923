import GPTOSS
import Testing

@Suite struct MXFP4Tests {
  private func dequantize(blocks: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer) -> [Float] {
    [Float](unsafeUninitializedCapacity: blocks.count * 2) { output, count in
      count = blocks.count * 2
      MXFP4.dequantize(blocks: blocks, scales: scales, into: UnsafeMutableBufferPointer(rebasing: output[..<count]))
    }
  }

  @Test func everyScaleAndNibbleIsExact() throws {
    let golden = try SafetensorsFile(path: ReferenceKit.golden("mxfp4/mxfp4.safetensors"))
    let table = try #require(golden.tensor("table")?.floats())
    #expect(table.count == 255 * 16)
    for scale in 0..<255 {
      for nibble in 0..<16 {
        let value = MXFP4.nibbleValues[nibble] * MXFP4.scaleValue(UInt8(scale))
        #expect(value.bitPattern == table[scale * 16 + nibble].bitPattern, "scale \(scale), nibble \(nibble)")
      }
    }
    #expect(MXFP4.scaleValue(MXFP4.nanScale).isNaN)
  }

  @Test func randomBlocksAreExact() throws {
    let golden = try SafetensorsFile(path: ReferenceKit.golden("mxfp4/mxfp4.safetensors"))
    let (blocks, scales) = (try #require(golden.tensor("random.blocks")), try #require(golden.tensor("random.scales")))
    let values = try #require(golden.tensor("random.values")?.floats())
    #expect(dequantize(blocks: blocks.bytes, scales: scales.bytes).map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test func namedBlocksAreExact() throws {
    for line in try ReferenceKit.bytes(ReferenceKit.golden("mxfp4/mxfp4.jsonl")).split(separator: 0x0A) {
      let sample = try JSONValue.parse(Array(line))
      let hex = try #require(sample["block_hex"]?.string)
      let block = stride(from: 0, to: 32, by: 2).map { UInt8(hex.dropFirst($0).prefix(2), radix: 16) ?? 0 }
      let scale = try #require(sample["scale"]?.int.flatMap { UInt8(exactly: $0) })
      let bits = try #require(sample["bits_hex"]?.elements?.map { UInt32($0.string ?? "", radix: 16) })
      let found = block.withUnsafeBytes { block in [scale].withUnsafeBytes { dequantize(blocks: block, scales: $0) } }
      #expect(found.map { Optional($0.bitPattern) } == bits, "\(sample["name"]?.string ?? "")")
    }
  }
}
