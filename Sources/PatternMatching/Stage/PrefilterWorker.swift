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
    screen.traits.withView { traits in scan.judge(batch, asked: asked, traits: traits, into: &output) }
  }
}
