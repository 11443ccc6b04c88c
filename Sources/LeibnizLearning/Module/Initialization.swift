import Foundation
import LeibnizCore

/// First values of parameters. Each draws from the stream of `withSeed`, in the type of `withElementType`.
///
/// The fans of a weight [outputs, inputs, kernel…] are fanIn = inputs·Πkernel and fanOut = outputs·Πkernel: of how many numbers an
/// output is a sum, and into how many outputs an input goes.
///
/// ```swift
/// layer.weight.value = Initialization.heNormal(layer.weight.shape)
/// ```
public enum Initialization {
    /// The type of parameters that are made in the current task; set by `withElementType`.
    @TaskLocal static var elementType = ElementType.float32

    /// Equally likely numbers in ±1/√n for n inputs per output: PyTorch's default for linear layers and convolutions
    /// (Kaiming's uniform distribution with a = √5; He et al. 2015).
    public static func uniform(_ shape: Shape, inputs: Int) -> Tensor {
        let bound = 1 / Double(max(1, inputs)).squareRoot()
        return uniform(shape, -bound, bound)
    }

    /// Equally likely numbers in low ..< high; 0 and 1 by default.
    public static func uniform(_ shape: Shape, _ low: Double = 0, _ high: Double = 1) -> Tensor {
        .uniform(shape, low, high, at: InitializationStream.current.draw(), elementType)
    }

    /// Numbers of the normal distribution; mean 0 and deviation 1 by default.
    public static func normal(_ shape: Shape, mean: Double = 0, deviation: Double = 1) -> Tensor {
        .normal(shape, mean: mean, deviation: deviation, at: InitializationStream.current.draw(), elementType)
    }

    /// Xavier's uniform distribution, ±gain·√(6/(fanIn + fanOut)): it keeps the variance of signals and gradients alike where
    /// activations are nearly linear (Glorot & Bengio 2010).
    ///
    /// - Parameter gain: 1 by default; see `gain(for:)`.
    public static func xavierUniform(_ shape: Shape, gain: Double = 1) -> Tensor {
        let bound = gain * (6 / (fanIn(shape) + fanOut(shape))).squareRoot()
        return uniform(shape, -bound, bound)
    }

    /// Xavier's normal distribution, of deviation gain·√(2/(fanIn + fanOut)).
    ///
    /// - Parameter gain: 1 by default; see `gain(for:)`.
    public static func xavierNormal(_ shape: Shape, gain: Double = 1) -> Tensor {
        normal(shape, deviation: gain * (2 / (fanIn(shape) + fanOut(shape))).squareRoot())
    }

    /// Which fan keeps its variance: of the signals on the way forward, or of the gradients on the way back.
    public enum Fan: Sendable {
        case input, output
    }

    /// He's uniform distribution, ±gain·√(3/fan): it keeps the variance through rectifiers (He et al. 2015).
    ///
    /// - Parameters:
    ///   - fan: `.input` by default.
    ///   - gain: √2 by default, that of `relu`.
    public static func heUniform(_ shape: Shape, fan: Fan = .input, gain: Double = 2.0.squareRoot()) -> Tensor {
        let bound = gain * (3 / (fan == .input ? fanIn(shape) : fanOut(shape))).squareRoot()
        return uniform(shape, -bound, bound)
    }

    /// He's normal distribution, of deviation gain/√fan.
    ///
    /// - Parameters:
    ///   - fan: `.input` by default.
    ///   - gain: √2 by default, that of `relu`.
    public static func heNormal(_ shape: Shape, fan: Fan = .input, gain: Double = 2.0.squareRoot()) -> Tensor {
        normal(shape, deviation: gain / (fan == .input ? fanIn(shape) : fanOut(shape)).squareRoot())
    }

    /// LeCun's normal distribution, of deviation 1/√fanIn (LeCun et al. 1998), for `selu`.
    public static func lecunNormal(_ shape: Shape) -> Tensor { heNormal(shape, gain: 1) }

    /// Numbers of the normal distribution within bounds, others drawn again: by the inverse of the distribution function, which takes
    /// u ∈ (Φ(a), Φ(b)) to μ + σ·√2·erf⁻¹(2u − 1).
    ///
    /// - Parameters:
    ///   - mean, deviation: μ and σ; 0 and 1 by default.
    ///   - low, high: the bounds themselves, not in deviations; −2 and 2 by default.
    public static func truncatedNormal(
        _ shape: Shape, mean: Double = 0, deviation: Double = 1, low: Double = -2, high: Double = 2
    ) -> Tensor {
        func share(_ x: Double) -> Double { erf((x - mean) / (deviation * 2.0.squareRoot())) }
        let u = Tensor.uniform(shape, share(low), share(high), at: InitializationStream.current.draw(), .float64)
        return clamp(mean + deviation * 2.0.squareRoot() * inverseErrorFunction(u), low, high).cast(to: elementType)
    }

    /// erf⁻¹ by Winitzki's approximation (2008), right to 2·10⁻³, and three steps of Newton's method.
    private static func inverseErrorFunction(_ x: Tensor) -> Tensor {
        let a = 0.147, logarithm = log(maximum((1 - x) * (1 + x), x.filled(0x1p-1000)))
        let t = 2 / (Double.pi * a) + logarithm / 2
        var y = sign(x) * sqrt(sqrt(t * t - logarithm / a) - t)
        for _ in 0..<3 { y = y - (erf(y) - x) * exp(y * y) * (Double.pi.squareRoot() / 2) }
        return y
    }

    /// A matrix whose rows or columns, whichever are fewer, are orthogonal and of length `gain` (Saxe et al. 2014); a weight with
    /// more axes counts as [outputs, all else]. Every such matrix is equally likely.
    ///
    /// - Parameter gain: 1 by default.
    public static func orthogonal(_ shape: Shape, gain: Double = 1) -> Tensor {
        guard shape.rank >= 2, shape.count > 0 else {
            return .refused("orthogonal", [.zeros(shape)], "a weight has at least two axes, and elements")
        }
        let (rows, columns) = (shape[0], shape.count / shape[0])
        let (count, width) = (min(rows, columns), max(rows, columns))
        let drawn = Tensor.normal([count, width], at: InitializationStream.current.draw(), .float64)
        guard let numbers = try? drawn.doubles() else { return drawn }
        let basis = Tensor(orthonormalized(numbers, count: count, width: width), shape: [count, width], .float64)
        let matrix = rows <= columns ? basis : basis.transposed()
        return (gain * matrix).reshaped(to: shape).cast(to: elementType)
    }

    /// Rows made orthogonal and of length 1 one after the other, by Gram & Schmidt; twice, which is enough for full precision
    /// (Giraud et al. 2005).
    private static func orthonormalized(_ numbers: [Double], count: Int, width: Int) -> [Double] {
        var rows = (0..<count).map { Array(numbers[$0 * width..<($0 + 1) * width]) }
        for place in rows.indices {
            for _ in 0..<2 {
                for earlier in rows[..<place] {
                    let share = zip(rows[place], earlier).reduce(0) { $0 + $1.0 * $1.1 }
                    for i in 0..<width { rows[place][i] -= share * earlier[i] }
                }
            }
            let length = rows[place].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for i in 0..<width { rows[place][i] /= length }
        }
        return rows.flatMap { $0 }
    }

    /// The unit matrix, for recurrent weights: `gain` on the diagonal of [outputs, inputs].
    ///
    /// - Parameter gain: 1 by default.
    public static func identity(_ shape: Shape, gain: Double = 1) -> Tensor {
        guard shape.rank == 2 else { return .refused("identity", [.zeros(shape)], "the weight must be a matrix") }
        return Tensor.eye(shape[0], shape[1], elementType) * gain
    }

    /// By how much a first weight must be larger because of the activation that follows, as PyTorch's `calculate_gain`.
    public enum Activation: Sendable {
        case linear, sigmoid, tanh, relu, selu
        /// With this slope for negative numbers.
        case leakyRelu(slope: Double)
    }

    /// The gain for an activation: 1, tanh 5/3, relu √2, leaky relu √(2/(1 + slope²)), selu 3/4.
    public static func gain(for activation: Activation) -> Double {
        switch activation {
        case .linear, .sigmoid: 1
        case .tanh: 5.0 / 3
        case .relu: 2.0.squareRoot()
        case .selu: 0.75
        case .leakyRelu(let slope): (2 / (1 + slope * slope)).squareRoot()
        }
    }

    private static func fanIn(_ shape: Shape) -> Double { fan(shape, at: 1) }
    private static func fanOut(_ shape: Shape) -> Double { fan(shape, at: 0) }

    /// The extent at an axis times the kernel's elements. A vector counts as a column.
    private static func fan(_ shape: Shape, at axis: Int) -> Double {
        let kernel = shape.extents.dropFirst(2).reduce(1, *)
        return Double(max(1, (axis < shape.rank ? shape[axis] : 1) * kernel))
    }
}
