import Leibniz

/// Something worth timing: an iteration of a program that a user could have written, on data drawn anew.
struct Workload: Sendable {
    /// The name in tables, such as `convnet-train-64`.
    let name: String
    /// What it is, in a line.
    let summary: String
    /// The passes that the mathematics compels, whatever library computes it.
    let passes: [Pass]
    /// Makes the program over numbers of one type; the numbers are the same for every type, but for rounding.
    let make: @Sendable (ElementType) throws -> Iteration
}

/// A pass over data that cannot be joined with another: what it computes, and what it reads and writes at least.
struct Pass: Hashable, Sendable {
    /// Additions and multiplications, each counted.
    var operations = 0.0
    /// Bytes, each element once.
    var bytes = 0.0

    /// A contraction of m × k with k × n numbers, or as many as `batch` of them.
    static func product(_ m: Int, _ n: Int, _ k: Int, batch: Int = 1) -> Pass {
        Pass(operations: 2 * Double(batch * m * n * k), bytes: 4 * Double(batch * (m * k + k * n + m * n)))
    }

    /// A pass that does little with each of so many numbers.
    static func over(_ elements: Int, operationsEach: Double = 1) -> Pass {
        Pass(operations: operationsEach * Double(elements), bytes: 4 * Double(elements))
    }

    /// The three contractions of a layer's training step: forward, and both derivatives; the first layer of a net needs one.
    static func training(_ forward: Pass, isFirst: Bool = false) -> [Pass] {
        Array(repeating: forward, count: isFirst ? 2 : 3)
    }

    /// A convolution without padding, or with as much as keeps the image: `outputs` × `pixels` results from `inputs` × kernel.
    static func convolution(batch: Int, inputs: Int, outputs: Int, kernel: Int, pixels: Int, sources: Int) -> Pass {
        Pass(
            operations: 2 * Double(batch * pixels * outputs * inputs * kernel * kernel),
            bytes: 4 * Double(batch * (inputs * sources + outputs * pixels) + inputs * outputs * kernel * kernel))
    }
}

/// A program that can be run again and again.
struct Iteration {
    /// Runs once; all that it computes has its value afterwards.
    let run: () throws -> Void
    /// Runs once and returns all that was computed, for a check.
    let results: () throws -> [Tensor]

    /// A function of fixed data, which returns all that it computes.
    init(_ results: @escaping () throws -> [Tensor]) {
        run = { _ = try results() }
        self.results = results
    }

    /// A training step, which returns the loss.
    init(training model: some Module, _ step: @escaping () throws -> Tensor) {
        run = { _ = try step() }
        results = { [try step()] + model.parameters.map(\.value) }
    }
}

extension Workload {
    /// A difference between what was computed in float32 and in float64 that rounding does not explain.
    struct WrongResult: Error, CustomStringConvertible {
        let description: String
    }

    /// Compares 64 random elements of the results with the same program over float64.
    func check(_ iteration: Iteration, seed: Int) throws {
        let results = try iteration.results()
        let expected = try make(.float64).results()
        var places = SplitMix(seed: UInt64(bitPattern: Int64(seed)))
        for _ in 0..<64 {
            let number = Int.random(in: results.indices, using: &places)
            let (mine, exact) = (try results[number].doubles(), try expected[number].doubles())
            let scale = (exact.reduce(0) { $0 + $1 * $1 } / Double(max(1, exact.count))).squareRoot()
            guard let place = exact.indices.randomElement(using: &places) else { continue }
            let difference = abs(mine[place] - exact[place])
            guard difference <= 1e-3 * max(scale, abs(exact[place])) else {
                throw WrongResult(
                    description: "\(name): element \(place) of result \(number) is \(mine[place]), not \(exact[place])")
            }
        }
    }
}

/// A small generator of random places: SplitMix64 (Steele, Lea & Flood 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
