import Foundation

/// One line on the standard error stream that is written over as work goes on; nothing at all where nobody watches.
struct ProgressLine {
    private static let interval = Duration.milliseconds(100)
    private let clock = ContinuousClock()
    private let isWatched = Console.isWatched
    private var lastTime: ContinuousClock.Instant?

    /// Shows where training stands, at most ten times a second.
    mutating func show(_ progress: ImageTraining.Progress, of epochs: Int) {
        guard isWatched else { return }
        let now = clock.now
        if let lastTime, now - lastTime < Self.interval { return }
        lastTime = now
        Console.replaceLine(
            String(
                format: "epoch %d/%d  step %d/%d  loss %.4f  %.0f images/s  %.0f s left",
                progress.epoch, epochs, progress.step, progress.stepCount, progress.loss, progress.imagesPerSecond,
                progress.secondsLeft))
    }

    /// Takes the line away.
    mutating func clear() {
        if lastTime != nil { Console.replaceLine("") }
        lastTime = nil
    }
}
