import Foundation
import LeibnizCore

/// Places in a sequence as vectors of waves (Vaswani et al. 2017), added to the input.
///
/// P[t, 2i] = sin(t/b^(2i/d)), P[t, 2i + 1] = cos(t/b^(2i/d)) with b = 10,000. Nothing is learned, and any length will do.
public struct SinusoidalEncoding: Layer {
    private let isBatchFirst: Bool

    /// - Parameter batchFirst: whether sequences are [N, L, E] instead of [L, N, E]; false by default.
    public init(batchFirst: Bool = false) { isBatchFirst = batchFirst }

    /// The waves of `length` places, [L, E].
    public static func table(length: Int, width: Int, base: Double = 10_000, _ type: ElementType) -> Tensor {
        let numbers = (0..<max(0, length)).flatMap { place in
            (0..<max(0, width)).map { column in
                let angle = Double(place) / pow(base, Double(column / 2 * 2) / Double(width))
                return column % 2 == 0 ? sin(angle) : cos(angle)
            }
        }
        return Tensor(numbers, shape: [max(0, length), max(0, width)], type)
    }

    /// [L, N, E] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        guard x.rank == 3 else { return .refused("SinusoidalEncoding", [x], "sequences have three axes") }
        let type: ElementType = x.elementType == .float64 ? .float64 : .float32
        let table = Self.table(length: x.shape[isBatchFirst ? 1 : 0], width: x.shape[2], type)
        return x + (isBatchFirst ? table : table.expanded(at: 1))
    }
}

/// Places in a sequence as learned vectors, added to the input.
///
/// Parameter: `weight` [length, E], drawn from the normal distribution.
public struct LearnedEncoding: Layer {
    /// The vectors, [length, E].
    public let weight: Parameter
    private let isBatchFirst: Bool

    /// - Parameters:
    ///   - length: of the longest sequence.
    ///   - width: E.
    ///   - batchFirst: whether sequences are [N, L, E] instead of [L, N, E]; false by default.
    public init(_ length: Int, _ width: Int, batchFirst: Bool = false) {
        weight = Parameter(Initialization.normal([length, width]))
        isBatchFirst = batchFirst
        nameParameters()
    }

    /// [L, N, E] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        guard x.rank == 3, x.shape[isBatchFirst ? 1 : 0] <= weight.shape[0] else {
            return .refused(
                "LearnedEncoding", [x, weight.value], "sequences have three axes and at most \(weight.shape[0]) places")
        }
        let rows = weight.value.sliced(axis: 0, start: 0, count: x.shape[isBatchFirst ? 1 : 0])
        return x + (isBatchFirst ? rows : rows.expanded(at: 1))
    }
}

/// Which numbers of a vector are turned together.
public enum RotaryPairing: Sendable {
    /// Numbers 2i and 2i + 1 (Su et al. 2021).
    case neighbours
    /// Numbers i and i + d/2, as in GPT-NeoX and Llama.
    case halves
}

/// Places in a sequence as rotations of queries and keys (Su et al. 2021): pair i of a vector at place t is turned by the angle
/// t·b^(−2i/d), so that products of queries and keys depend on the distance of their places only.
///
/// - Parameters:
///   - x: […, L, d] with even d.
///   - offset: the place of the first vector; 0 by default.
///   - base: b, 10,000 by default.
///   - pairing: neighbours by default.
/// - Returns: the shape of `x`.
public func rotaryEncoding(
    _ x: Tensor, offset: Int = 0, base: Double = 10_000, pairing: RotaryPairing = .neighbours
) -> Tensor {
    if x.isInvalid { return x }
    guard x.rank >= 2, x.shape[-1] % 2 == 0 else {
        return .refused("rotaryEncoding", [x], "vectors are […, L, d] with an even d")
    }
    let (length, half) = (x.shape[-2], x.shape[-1] / 2)
    let angles = (0..<length).flatMap { place in
        (0..<half).map { Double(place + offset) * pow(base, -Double($0) / Double(half)) }
    }
    func table(_ function: (Double) -> Double) -> Tensor {
        Tensor(angles.map(function), shape: [length, half], x.elementType == .float64 ? .float64 : .float32)
    }
    let (cosine, sine) = (table { cos($0) }, table { sin($0) })
    let last = x.rank - 1
    let (a, b): (Tensor, Tensor) =
        switch pairing {
        case .neighbours:
            (
                x.sliced(axis: last, start: 0, count: half, stride: 2),
                x.sliced(axis: last, start: 1, count: half, stride: 2)
            )
        case .halves: (x.sliced(axis: last, start: 0, count: half), x.sliced(axis: last, start: half, count: half))
        }
    let (c, d) = (a * cosine - b * sine, a * sine + b * cosine)
    return switch pairing {
    case .neighbours: stack([c, d], axis: last + 1).reshaped(to: x.shape)
    case .halves: concatenate([c, d], axis: last)
    }
}
