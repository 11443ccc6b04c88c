import LeibnizCore
import LeibnizLearning

/// Something whose gradients `leibniz gradcheck` checks.
public struct GradientCase: Sendable {
    /// What a case is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A function or a method of tensors.
        case function
        /// A loss.
        case loss
        /// A layer or a model.
        case layer
    }

    /// Its name in Swift, and in brackets what is particular of the case.
    public let name: String
    /// What it is.
    public let kind: Kind
    private let run: @Sendable (_ tolerance: Double) throws -> GradientReport

    init(
        name: String, kind: Kind, run: @escaping @Sendable (_ tolerance: Double) throws -> GradientReport
    ) {
        (self.name, self.kind, self.run) = (name, kind, run)
    }

    /// Compares the gradients with central differences, at numbers that are always the same.
    ///
    /// - Parameter tolerance: what a relative error may be.
    public func check(tolerance: Double = 1e-7) throws -> GradientReport { try run(tolerance) }
}

/// Everything public that has a gradient, each with operands at which it has one.
public enum GradientCatalogue {
    /// All cases: functions, losses, layers.
    public static let cases: [GradientCase] =
        elementary + pairs + reductions + views + transforms + products + losses + layers
}

/// Where operands are drawn from.
enum GradientDomain: Sendable {
    /// Equally likely numbers of a range.
    case reals(Double, Double)
    /// Numbers that differ from each other and from 0 by 0.15 at least, so that no step of the differences changes a choice.
    case apart

    func draw(_ shape: Shape, seed: Int) -> Tensor {
        switch self {
        case .reals(let low, let high): return .uniform(shape, low, high, seed: seed, .float64)
        case .apart:
            let count = shape.count
            let order = Tensor.permutation(count, seed: seed).cast(to: .float64)
            return ((order - Tensor.full([], Double(count / 2), .float64)) * 0.31 + 0.15).reshaped(to: shape)
        }
    }
}

extension GradientCase {
    /// A function of tensors.
    static func function(
        _ name: String, _ operands: [(Shape, GradientDomain)], kind: Kind = .function,
        _ f: @escaping @Sendable ([Tensor]) -> Tensor
    ) -> GradientCase {
        GradientCase(name: name, kind: kind) { tolerance in
            let x = operands.enumerated().map { $1.1.draw($1.0, seed: 71 + $0) }
            return try gradientCheck(name, at: x, tolerance: tolerance, of: f)
        }
    }

    /// A function of each element.
    static func unary(
        _ name: String, _ domain: GradientDomain = .reals(-2, 2), _ f: @escaping @Sendable (Tensor) -> Tensor
    ) -> GradientCase {
        function(name, [([3, 5], domain)]) { f($0[0]) }
    }

    /// A function of pairs of elements, of which one operand broadcasts.
    static func binary(
        _ name: String, _ a: GradientDomain = .reals(-2, 2), _ b: GradientDomain = .reals(0.5, 2),
        _ f: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> GradientCase {
        function(name, [([3, 5], a), ([5], b)]) { f($0[0], $0[1]) }
    }

    /// A layer of float64.
    static func layer(
        _ name: String, input: Shape, _ domain: GradientDomain = .apart,
        _ make: @escaping @Sendable () -> any Layer
    ) -> GradientCase {
        GradientCase(name: name, kind: .layer) { tolerance in
            let layer = withElementType(.float64) { withSeed(5) { make() } }
            let report = try gradientCheck(layer, input: domain.draw(input, seed: 73), tolerance: tolerance)
            return GradientReport(name: name, entries: report.entries)
        }
    }
}
