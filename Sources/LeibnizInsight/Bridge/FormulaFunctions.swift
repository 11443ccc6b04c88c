import LeibnizCore
import LeibnizSymbolic

extension Formula.Function {
    /// The function of tensors, element by element; NaN outside its domain.
    ///
    /// What tensors have no operation for is put together so that neither value nor derivative cancels or overflows. Exceptions:
    /// `erfc` is 1 − erf, which has few digits left beyond x = 3; Γ by way of its logarithm loses a digit where it is very large.
    ///
    /// - Parameter x: as many tensors as the function takes.
    /// - Returns: `nil` for `polygamma`, whose order is no tensor.
    func applied(to x: [Tensor]) -> Tensor? {
        switch self {
        case .exp: LeibnizCore.exp(x[0])
        case .log: LeibnizCore.log(x[0])
        case .log2: LeibnizCore.log(x[0]) * 1.4426950408889634
        case .log10: LeibnizCore.log(x[0]) * 0.4342944819032518
        case .cbrt: LeibnizCore.sign(x[0]) * pow(LeibnizCore.abs(x[0]), 1.0 / 3)
        case .abs: LeibnizCore.abs(x[0])
        case .sign: LeibnizCore.sign(x[0])
        case .floor: LeibnizCore.floor(x[0])
        case .ceil: LeibnizCore.ceil(x[0])
        case .sin: LeibnizCore.sin(x[0])
        case .cos: LeibnizCore.cos(x[0])
        case .tan: LeibnizCore.tan(x[0])
        case .cot: 1 / LeibnizCore.tan(x[0])
        case .sec: 1 / LeibnizCore.cos(x[0])
        case .csc: 1 / LeibnizCore.sin(x[0])
        case .asin: LeibnizCore.asin(x[0])
        case .acos: LeibnizCore.acos(x[0])
        case .atan: LeibnizCore.atan(x[0])
        case .sinh: LeibnizCore.sinh(x[0])
        case .cosh: LeibnizCore.cosh(x[0])
        case .tanh: LeibnizCore.tanh(x[0])
        case .asinh: Self.asinh(x[0])
        case .acosh: Self.acosh(x[0])
        case .atanh: 0.5 * (log1p(x[0]) - log1p(-x[0]))
        case .gamma: Self.gamma(x[0])
        case .lgamma: LeibnizCore.lgamma(x[0])
        case .digamma: LeibnizCore.digamma(x[0])
        case .polygamma: nil
        case .beta:
            Self.gammaSign(x[0]) * Self.gammaSign(x[1]) * Self.gammaSign(x[0] + x[1])
                * LeibnizCore.exp(
                    LeibnizCore.lgamma(x[0]) + LeibnizCore.lgamma(x[1]) - LeibnizCore.lgamma(x[0] + x[1]))
        case .erf: LeibnizCore.erf(x[0])
        case .erfc: 1 - LeibnizCore.erf(x[0])
        case .factorial: Self.gamma(x[0] + 1)
        case .relu: LeibnizCore.relu(x[0])
        case .sigmoid: LeibnizCore.sigmoid(x[0])
        case .softplus: LeibnizCore.softplus(x[0])
        case .min: x.dropFirst().reduce(x[0], minimum)
        case .max: x.dropFirst().reduce(x[0], maximum)
        }
    }

    /// log(|x| + √(x² + 1)) with the sign of x: by log1p where that cancels, by log 2|x| where x² would overflow.
    private static func asinh(_ x: Tensor) -> Tensor {
        // Not |x|, whose derivative at 0 is 0.
        let size = which(x < 0, -x, x)
        let isLarge = size > 1e8
        let small = which(isLarge, size.filled(1), size)
        let near = log1p(small + small * small / (1 + sqrt(1 + small * small)))
        let far = LeibnizCore.log(which(isLarge, size, size.filled(1))) + 0.6931471805599453
        let value = which(isLarge, far, near)
        return which(x < 0, -value, value)
    }

    /// log(x + √(x² − 1)) by t = x − 1.
    private static func acosh(_ x: Tensor) -> Tensor {
        let t = x - 1
        return log1p(t + sqrt(t) * sqrt(t + 2))
    }

    private static func gamma(_ x: Tensor) -> Tensor { gammaSign(x) * LeibnizCore.exp(LeibnizCore.lgamma(x)) }

    /// The sign of Γ: below zero it changes at every pole.
    private static func gammaSign(_ x: Tensor) -> Tensor {
        which(x > 0, x.filled(1), 1 - 2 * (LeibnizCore.floor(x) % 2))
    }
}
