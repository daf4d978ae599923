import Moderation
import Text

/// One thread's prefilter.
final class PrefilterWorker: ScreenWorker {
  private let screen: PrefilterScreen
  private var scan: PrefilterScan

  init(_ screen: PrefilterScreen, isExhaustive: Bool = false) {
    self.screen = screen
    scan = PrefilterScan(screen, isExhaustive: isExhaustive)
  }

  func evaluate(_ batch: MessageBatch, asked: [Int32], into output: inout ScreenOutput) {
    batch.bytes.withUnsafeBufferPointer { buffer in
      screen.traits.withView { traits in
        for index in asked {
          let range = batch.messages[Int(index)].text
          let bytes = UnsafeBufferPointer(rebasing: buffer[range.range])
          scan.judge(bytes, readable: buffer.count - Int(range.start), message: index, traits: traits, into: &output)
        }
      }
    }
  }
}
