import LeibnizCore
import Synchronization

/// Where layers draw their first parameters: each draw takes the next stream of one seed.
final class InitializationStream: Sendable {
    @TaskLocal static var current = InitializationStream(seed: 0)

    private let seed: Int
    private let next = Atomic<Int>(0)
    private let nextStream = Atomic<Int>(-1)

    init(seed: Int) { self.seed = seed }

    /// A place that nothing else is drawn from.
    func draw() -> RandomPosition { RandomPosition(seed: seed, stream: next.add(1, ordering: .relaxed).oldValue) }

    /// A stream for what a layer draws at every pass. It takes no place of `draw()`: a model has the same first parameters with and
    /// without dropout.
    func stream() -> RandomStream {
        RandomStream(
            from: RandomPosition(seed: seed, stream: nextStream.subtract(1, ordering: .relaxed).oldValue))
    }
}

/// Makes models whose first parameters follow from a seed: `withSeed(7) { ConvNet() }`.
public func withSeed<Result>(_ seed: Int, _ body: () throws -> Result) rethrows -> Result {
    try InitializationStream.$current.withValue(InitializationStream(seed: seed)) { try body() }
}

/// Makes models whose parameters have an element type: `withElementType(.float64) { ConvNet() }`. It is float32 otherwise.
public func withElementType<Result>(_ type: ElementType, _ body: () throws -> Result) rethrows -> Result {
    try Initialization.$elementType.withValue(type) { try body() }
}
