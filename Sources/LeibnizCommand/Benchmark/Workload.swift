import Leibniz

/// Something worth timing: an iteration of a program that a user could have written, on data drawn anew.
struct Workload: Sendable {
    /// The name in tables, such as `convnet-train-64`.
    let name: String
    /// What it is, in a line.
    let summary: String
    /// The passes that the mathematics compels, whatever library computes it.
    let passes: [Pass]
    /// What its numbers are when it is timed.
    var type = ElementType.float32
    /// What it is in JSON, where it was drawn by chance.
    var description: JSONValue?
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
    /// The seconds in which a machine with such limits could do all passes, none better than its limits.
    ///
    /// - Parameter operationsPerSecond: of float32; half as many numbers of float64 fit a vector.
    func leastSeconds(operationsPerSecond: Double, bytesPerSecond: Double) -> Double {
        let operationsPerSecond = operationsPerSecond * 4 / Double(type.byteCount)
        return passes.reduce(0) { $0 + Swift.max($1.operations / operationsPerSecond, $1.bytes / bytesPerSecond) }
    }

    /// A difference between what was computed in float32 and in float64 that rounding does not explain.
    struct WrongResult: Error, CustomStringConvertible {
        let description: String
    }

    /// Compares 64 random elements of the results with the same program over float64; over float32 if it is float64 itself.
    func check(_ iteration: Iteration, seed: Int) throws {
        let twin = type == .float32 ? ElementType.float64 : .float32
        let pairs = try zip(iteration.results(), make(twin).results()).map { mine, other in
            let numbers = (mine: try mine.doubles(), other: try other.doubles())
            let count = Double(max(1, numbers.other.count))
            return (numbers, scale: (numbers.other.reduce(0) { $0 + $1 * $1 } / count).squareRoot())
        }
        // What cancels but for rounding is as wrong as what it is made of.
        let least = 1e-3 * (pairs.map(\.scale).max() ?? 0)
        var places = SplitMix(seed: UInt64(bitPattern: Int64(seed)))
        for _ in 0..<64 {
            let number = Int.random(in: pairs.indices, using: &places)
            let (numbers, scale) = pairs[number]
            guard let place = numbers.other.indices.randomElement(using: &places) else { continue }
            let (mine, other) = (numbers.mine[place], numbers.other[place])
            guard abs(mine - other) <= 1e-3 * max(scale, abs(other), least) else {
                throw WrongResult(
                    description:
                        "\(name): element \(place) of result \(number) is \(mine) in \(type) and \(other) in \(twin)")
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
