import LeibnizCore
import Synchronization

/// Where layers draw their first parameters: each draw takes the next stream of one seed.
final class InitializationStream: Sendable {
    @TaskLocal static var current = InitializationStream(seed: 0)

    private let seed: Int
    private let next = Atomic<Int>(0)

    init(seed: Int) { self.seed = seed }

    /// A place that nothing else is drawn from.
    func draw() -> RandomPosition { RandomPosition(seed: seed, stream: next.add(1, ordering: .relaxed).oldValue) }
}

/// Makes models whose first parameters follow from a seed: `withSeed(7) { ConvNet() }`.
public func withSeed<Result>(_ seed: Int, _ body: () throws -> Result) rethrows -> Result {
    try InitializationStream.$current.withValue(InitializationStream(seed: seed)) { try body() }
}

/// Makes models whose parameters have an element type: `withElementType(.float64) { ConvNet() }`. It is float32 otherwise.
public func withElementType<Result>(_ type: ElementType, _ body: () throws -> Result) rethrows -> Result {
    try Initialization.$elementType.withValue(type) { try body() }
}

/// First values of parameters.
public enum Initialization {
    /// The type of parameters that are made in the current task; set by `withElementType`.
    @TaskLocal static var elementType = ElementType.float32

    /// Equally likely numbers in ±1/√n for n inputs per output: PyTorch's default for linear layers and convolutions
    /// (Kaiming's uniform distribution with a = √5; He et al. 2015).
    public static func uniform(_ shape: Shape, inputs: Int) -> Tensor {
        let bound = 1 / Double(max(1, inputs)).squareRoot()
        return .uniform(shape, -bound, bound, at: InitializationStream.current.draw(), elementType)
    }
}
