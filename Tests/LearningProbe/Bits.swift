import Leibniz

/// Hashes of everything that follows from a seed: training's parameters, batches, random numbers.
struct Bits {
    private var parameters = Hash()
    private var batches = Hash()
    private var numbers = Hash()

    /// Trains the article's network on drawn images, in shuffled batches of 64 with a last one that is smaller.
    init(seed: Int, steps: Int) throws {
        let count = 64 * max(1, steps) - 17
        let images = Tensor.normal([count, 1, 32, 32], seed: seed)
        let labels = Tensor.permutation(count, seed: seed + 1) % 10
        let model = withSeed(seed) { ConvNet() }
        let optimizer = Adam(model)
        let order = Tensor(shuffledIndices(count, seed: seed, epoch: 1))
        for range in try Batches(of: count, size: 64) {
            let chosen = order.sliced(axis: 0, start: range.lowerBound, count: range.count)
            let (x, y) = (images.gathered(chosen), labels.gathered(chosen))
            for tensor in [chosen, x, y] { try batches.add(tensor) }
            try optimizer.minimize(crossEntropy(model(x), y))
        }
        for parameter in model.parameters { try parameters.add(parameter.value) }
        for type in [ElementType.float32, .float64] {
            try numbers.add(.normal([1234, 5], seed: seed, type))
            try numbers.add(.uniform([100_003], -2, 3, seed: seed, type))
        }
        try numbers.add(.bernoulli([9999], probability: 0.3, seed: seed))
        try numbers.add(.permutation(5000, seed: seed))
    }

    /// One line of JSON.
    var json: String { "{\"parameters\":\"\(parameters)\",\"batches\":\"\(batches)\",\"numbers\":\"\(numbers)\"}" }

    /// FNV-1a of 64 bits (Fowler, Noll & Vo 1991).
    struct Hash: CustomStringConvertible {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325
        var description: String { String(state, radix: 16) }

        mutating func add(_ tensor: Tensor) throws {
            state = try tensor.withUnsafeBytes { $0.reduce(state) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
        }
    }
}
