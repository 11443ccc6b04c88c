import Leibniz

/// Fresh data for workloads: the same numbers whatever their type, since they are drawn as float32.
struct BenchmarkData {
    let type: ElementType
    private let seed: Int
    private var stream = 0

    init(_ type: ElementType, seed: Int = 0) { (self.type, self.seed) = (type, seed) }

    /// Normal numbers, evaluated.
    mutating func normal(_ shape: Shape) throws -> Tensor {
        stream += 1
        return try Tensor.normal(shape, at: RandomPosition(seed: seed, stream: stream)).cast(to: type).evaluated()
    }

    /// Whole numbers below `limit`, evaluated.
    mutating func integers(_ shape: Shape, below limit: Int) throws -> Tensor {
        stream += 1
        return try Tensor.randint(shape, 0, limit, at: RandomPosition(seed: seed, stream: stream)).evaluated()
    }

    /// A model's twin over numbers of the type.
    func model<Model: Module>(_ make: () -> Model) throws -> Model {
        let model = withSeed(seed, make)
        try model.convertParameters(to: type)
        return model
    }
}

/// A function with all its gradients under a fixed cotangent, as one compiled program: what `Σ w ⊙ y` needs, with y.
func compiledWithGradients(
    _ f: @escaping @Sendable ([Tensor]) -> Tensor
) -> @Sendable ([Tensor], Tensor) throws -> [Tensor] {
    compiled { (arguments: [Tensor], w: Tensor) in
        let (y, pull) = pullback(f, at: arguments)
        return [y] + pull(w)
    }
}
