import Foundation

/// One line on the standard error stream that is written over as work goes on; nothing at all where nobody watches.
///
/// ```swift
/// var line = ProgressLine()
/// line.show(.init(place: "epoch 1/5  step 30/938", figures: [("loss", 0.41)], rate: (5200, "images"), secondsLeft: 51))
/// line.clear()
/// ```
public struct ProgressLine {
    /// What a line shows.
    public struct Content: Sendable {
        /// Where the work stands, such as `epoch 1/5  step 30/938`.
        public var place: String
        /// Numbers by name, such as the loss.
        public var figures: [(name: String, value: Double)]
        /// How many things are done in a second, and what they are called; nil where that is not known.
        public var rate: (perSecond: Double, unit: String)?
        /// Until the end, at the present rate; nil where that is not known.
        public var secondsLeft: Double?

        /// A line of these parts.
        public init(
            place: String, figures: [(name: String, value: Double)] = [],
            rate: (perSecond: Double, unit: String)? = nil,
            secondsLeft: Double? = nil
        ) {
            (self.place, self.figures, self.rate, self.secondsLeft) = (place, figures, rate, secondsLeft)
        }

        /// The line as people read it.
        public var text: String {
            var parts = [place]
            parts += figures.map { "\($0.name) " + String(format: abs($0.value) < 1e6 ? "%.4f" : "%.4g", $0.value) }
            if let rate { parts.append(String(format: "%.0f", rate.perSecond) + " \(rate.unit)/s") }
            if let secondsLeft, secondsLeft.isFinite { parts.append(Self.duration(secondsLeft) + " left") }
            return parts.joined(separator: "  ")
        }

        private static func duration(_ seconds: Double) -> String {
            if seconds < 100 { return String(format: "%.0f s", seconds) }
            if seconds < 6000 { return String(format: "%.0f min", seconds / 60) }
            return String(format: "%.1f h", seconds / 3600)
        }
    }

    /// Whether a person watches the standard error stream.
    public static var isWatched: Bool { isatty(2) == 1 }

    private static let interval = Duration.milliseconds(100)
    private let clock = ContinuousClock()
    private let isWatched = Self.isWatched
    private var lastTime: ContinuousClock.Instant?

    /// A line that shows nothing yet.
    public init() {}

    /// Shows where the work stands, at most ten times a second.
    public mutating func show(_ content: @autoclosure () -> Content) {
        guard isWatched else { return }
        if let lastTime, clock.now - lastTime < Self.interval { return }
        show(content().text)
    }

    /// Shows a text at once.
    public mutating func show(_ text: String) {
        guard isWatched else { return }
        lastTime = clock.now
        replace(with: text)
    }

    /// Takes the line away.
    public mutating func clear() {
        if lastTime != nil { replace(with: "") }
        lastTime = nil
    }

    /// That it cannot be written is no reason to stop.
    private func replace(with text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
    }
}
