import Leibniz
import Testing

/// Numbers to try things with: float64, reproducible.
func normal(_ shape: Shape, seed: Int) -> Tensor { .normal(shape, seed: seed, .float64) }

extension Double {
    /// Whether two numbers differ by at most `tolerance` of the greater magnitude, or of 1.
    func isClose(to other: Double, within tolerance: Double = 1e-12) -> Bool {
        self == other || abs(self - other) <= tolerance * Swift.max(1, Swift.max(abs(self), abs(other)))
    }
}

/// Expects that tensors hold the same numbers.
func expectClose(
    _ tensor: Tensor, _ numbers: [Double], within tolerance: Double = 1e-12, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let values = try tensor.doubles()
    let isClose =
        values.count == numbers.count
        && zip(values, numbers).allSatisfy { $0.isClose(to: $1, within: tolerance) || $0.isNaN && $1.isNaN }
    #expect(isClose, comment ?? "\(values) are not \(numbers)", sourceLocation: sourceLocation)
}

/// The gradient of a scalar function by central differences, one element after the other.
func centralDifferences(of f: (Tensor) -> Tensor, at x: Tensor, step h: Double = 1e-5) throws -> [Double] {
    var numbers = try x.doubles()
    return try numbers.indices.map { place in
        let kept = numbers[place]
        defer { numbers[place] = kept }
        numbers[place] = kept + h
        let above = try f(Tensor(numbers, shape: x.shape, .float64)).item()
        numbers[place] = kept - h
        let below = try f(Tensor(numbers, shape: x.shape, .float64)).item()
        return (above - below) / (2 * h)
    }
}

/// The error that evaluation throws, as the user reads it.
func message(of tensor: Tensor) -> String { message { _ = try tensor.doubles() } }

/// The error that a closure throws, as the user reads it; empty if it throws none.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}

/// The bits of all parameters.
func bits(of model: some Module) throws -> [[UInt8]] {
    try model.parameters.map { parameter in try parameter.value.withUnsafeBytes { Array($0) } }
}

/// Images as nested loops see them: numbers [N, C, H, W], zero (or `outside`) around.
struct NaiveImages {
    let numbers: [Double]
    let shape: Shape

    init(_ tensor: Tensor) throws { (numbers, shape) = (try tensor.doubles(), tensor.shape) }

    subscript(n: Int, c: Int, y: Int, x: Int, outside outside: Double) -> Double {
        guard (0..<shape[2]).contains(y), (0..<shape[3]).contains(x) else { return outside }
        return numbers[((n * shape[1] + c) * shape[2] + y) * shape[3] + x]
    }
}
