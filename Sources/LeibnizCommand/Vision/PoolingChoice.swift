import ArgumentParser
import Leibniz

/// A pooling rule of `leibniz train vision`.
enum PoolingChoice: String, CaseIterable, ExpressibleByArgument {
    case max, average, lp, learnedLp = "learned-lp", logSumExp = "log-sum-exp", soft, mixed, binomial, stride

    /// The layer that halves both sides of a map.
    ///
    /// - Parameter channels: those of the map.
    func layer(channels: Int) -> any Layer {
        switch self {
        case .max: MaxPool2D(2)
        case .average: AveragePool2D(2)
        case .lp: Pool(.power(Self.exponent), 2)
        case .learnedLp: Pool(.power(learning: Self.exponent), 2)
        case .logSumExp: Pool(.logSumExp(), 2)
        case .soft: Pool(.soft(), 2)
        case .mixed: Pool(.mixed(), 2)
        case .binomial: BlurPool2D(3, stride: 2)
        case .stride: FirstOfWindow()
        }
    }

    /// p of `lp`, and where `learned-lp` begins.
    private static let exponent = 2.0

    /// What it makes of a window R.
    var formula: String {
        switch self {
        case .max: "max f"
        case .average: "1/|R| ∫ f"
        case .lp: "(1/|R| ∫ f²)^½"
        case .learnedLp: "(1/|R| ∫ f^p)^(1/p), p learned"
        case .logSumExp: "log 1/|R| ∫ eᶠ"
        case .soft: "∫ f eᶠ / ∫ eᶠ"
        case .mixed: "a max f + (1 − a)/|R| ∫ f, a learned"
        case .binomial: "∫ w f / ∫ w over 3 × 3"
        case .stride: "f at the first corner"
        }
    }
}

/// No pooling: one of each four values is taken.
private struct FirstOfWindow: Layer {
    func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        return x[.all, .all, .stride(from: 0, by: 2), .stride(from: 0, by: 2)]
    }
}
