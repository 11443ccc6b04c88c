import class LeibnizKernels.KernelLibrary
import class LeibnizKernels.ThreadPool
import Testing

@testable import LeibnizCore

/// Σ (observed − expected)²/expected over equally likely classes.
private func chiSquare(_ classes: [Int], count: Int, of numbers: Int) -> Double {
    let expected = Double(numbers) / Double(count)
    var observed = [Double](repeating: 0, count: count)
    for number in classes { observed[number] += 1 }
    return observed.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
}

private func correlation(_ a: [Double], _ b: [Double]) -> Double {
    func centered(_ x: [Double]) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count)
        return x.map { $0 - mean }
    }
    let (a, b) = (centered(a), centered(b))
    func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
}

@Suite struct `Random numbers` {
    private let count = 40_000

    @Test(arguments: [ElementType.float32, .float64])
    func `uniform numbers fill their range`(type: ElementType) throws {
        let x = try Tensor.uniform([count], -2, 6, seed: 11, type).doubles()
        #expect(x.allSatisfy { $0 >= -2 && $0 < 6 })
        // 63 degrees of freedom: beyond 114 one time in ten thousand.
        #expect(chiSquare(x.map { Int(($0 + 2) * 8) }, count: 64, of: count) < 114)
    }

    @Test(arguments: [ElementType.float32, .float64])
    func `normal numbers have their moments`(type: ElementType) throws {
        let x = try Tensor.normal([count], mean: 3, deviation: 2, seed: 5, type).doubles().map { ($0 - 3) / 2 }
        func moment(_ power: Int) -> Double {
            x.reduce(0) { sum, number in sum + (0..<power).reduce(1) { product, _ in product * number } }
                / Double(count)
        }
        // Within four standard errors of 0, 1, 0, 3: √(1, 2, 15, 96)/√n.
        let n = Double(count).squareRoot()
        #expect(abs(moment(1)) < 4 / n)
        #expect(abs(moment(2) - 1) < 4 * 1.42 / n)
        #expect(abs(moment(3)) < 4 * 3.88 / n)
        #expect(abs(moment(4) - 3) < 4 * 9.8 / n)
        // Beyond two deviations lie 4.55 %.
        #expect(abs(Double(x.count { abs($0) > 2 }) / Double(count) - 0.0455) < 0.005)
    }

    @Test(arguments: [0, 0.25, 0.9, 1]) func `truth has its probability`(probability: Double) throws {
        let share = try mean(Tensor.bernoulli([count], probability: probability, seed: 2).cast(to: .float64)).item()
        #expect(abs(share - probability) <= 4 * (probability * (1 - probability) / Double(count)).squareRoot())
    }

    @Test func `integers are equally likely`() throws {
        let x = try Tensor.randint([count], -3, 7, seed: 8).array(of: Int.self)
        #expect(chiSquare(x.map { $0 + 3 }, count: 10, of: count) < 34)
        #expect(try Tensor.randint([5], 4, 5, seed: 1).doubles() == [4, 4, 4, 4, 4])
        #expect(try Tensor.randint([100], .max - 1, .max, seed: 1).array(of: Int.self).allSatisfy { $0 == .max - 1 })
    }

    @Test func `a permutation has every number once, everywhere equally likely`() throws {
        #expect(try Tensor.permutation(1000, seed: 3).array(of: Int.self).sorted() == Array(0..<1000))
        #expect(Tensor.permutation(0, seed: 3).count == 0)
        let firsts = try (0..<600).map { try Tensor.permutation(5, seed: $0)[0].item(of: Int.self) }
        #expect(chiSquare(firsts, count: 5, of: 600) < 23)
    }

    @Test func `places of another seed or stream are independent, and one sequence goes on`() throws {
        func draw(_ seed: Int, _ stream: Int, _ position: Int = 0) throws -> [Double] {
            try Tensor.uniform(
                [10_000], at: RandomPosition(seed: seed, stream: stream, position: position), .float64
            ).doubles()
        }
        let places = [(0, 0), (1, 1), (2, 2), (1, 2), (2, 1), (0, 1), (1, 0), (-1, 0), (7, 7)]
        let draws = try places.map { try draw($0.0, $0.1) }
        for first in places.indices {
            for second in 0..<first { #expect(abs(correlation(draws[first], draws[second])) < 0.05) }
            // Neighbours in one sequence.
            #expect(abs(correlation(Array(draws[first].dropFirst()), Array(draws[first].dropLast()))) < 0.05)
        }
        #expect(try draw(1, 2, 4000).prefix(6000) == draws[3].suffix(6000))
        #expect(try draw(1, 2) == draws[3])
    }

    /// Every distribution, of leaves alone.
    private func draws() -> [Tensor] {
        let place = RandomPosition(seed: 9, stream: 4, position: 1 << 40)
        return [
            .uniform([777], at: place), .uniform([777], -1, 3, at: place),
            .uniform([50, 40], 2, 3, at: place, .float64),
            .normal([777], at: place), .normal([50, 40], mean: 1, deviation: 2, at: place, .float64),
            .bernoulli([777], probability: 0.3, at: place), .randint([777], -5, 1000, at: place),
            .permutation(777, at: place),
        ]
    }

    @Test func `both back ends draw the same bits, but for the last ones of normal float64`() throws {
        let expected = try Engine.interpreter(draws())
        for (number, pair) in try zip(Engine.chosen.values(of: draws()), expected).enumerated() {
            let isExact = number != 4
            #expect(
                zip(pair.0, pair.1).allSatisfy { isExact ? $0 == $1 : abs($0 - $1) <= 4e-15 }, "distribution \(number)")
        }
    }

    @Test func `one thread and two draw the same bits`() throws {
        let x = [
            Tensor.normal([300_000], seed: 1), Tensor.uniform([300_000], seed: 1), Tensor.permutation(5000, seed: 1),
        ]
        let graph = GraphSnapshot(x.map(\.node), to: .values)
        func run(threads: Int) throws -> [[Double]] {
            let pool = ThreadPool(count: threads)
            let plan = try Plan(Program(graph), library: KernelLibrary(pool: pool))
            let buffers = try plan.run(graph.leaves.compactMap(\.value), pool: pool)
            return try zip(buffers, x).map { try Tensor($0, $1.type).doubles() }
        }
        #expect(try run(threads: 1) == run(threads: 2))
    }

    @Test func `numbers that describe no distribution are errors`() {
        let wrong: [Tensor] = [
            .uniform([2], 1, 0, seed: 0), .uniform([2], 0, .infinity, seed: 0), .uniform([2], seed: 0, .int32),
            .normal([2], deviation: -1, seed: 0), .normal([2], mean: .nan, seed: 0),
            .bernoulli([2], probability: 1.5, seed: 0), .bernoulli([2], probability: .nan, seed: 0),
            .randint([2], 3, 3, seed: 0), .randint([2], .min, .max, seed: 0), .permutation(-1, seed: 0),
            .normal([-2], seed: 0), .uniform([1 << 40, 1 << 40], seed: 0),
        ]
        for (number, tensor) in wrong.enumerated() {
            #expect(throws: TensorError.self, "\(number)") { try tensor.evaluated() }
        }
    }
}

extension Engine {
    /// What the interpreter computes.
    fileprivate static func interpreter(_ tensors: [Tensor]) throws -> [[Double]] {
        try Engine.interpreted.values(of: tensors)
    }
}
