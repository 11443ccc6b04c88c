import LeibnizCore
import LeibnizLearning

/// Something whose gradients `leibniz gradcheck` checks, and a subject for every other law of differentiable functions.
public struct GradientCase: Sendable {
    /// What a case is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A function or a method of tensors.
        case function
        /// A loss.
        case loss
        /// A layer.
        case layer
        /// Several layers together.
        case model
    }

    /// Its name in Swift, and in brackets what is particular of the case.
    public let name: String
    /// What it is.
    public let kind: Kind
    private let make: @Sendable (_ draw: Int) -> GradientSubject

    init(name: String, kind: Kind, make: @escaping @Sendable (_ draw: Int) -> GradientSubject) {
        (self.name, self.kind, self.make) = (name, kind, make)
    }

    /// The function that is differentiated, and operands in float64 at which it has a derivative.
    ///
    /// - Parameter draw: other numbers are drawn for another one, of the same shapes; the same for the same one.
    public func subject(draw: Int = 0) -> GradientSubject { make(draw) }

    /// Compares the gradients with central differences, at numbers that are always the same.
    ///
    /// - Parameter tolerance: what a relative error may be.
    public func check(tolerance: Double = 1e-7) throws -> GradientReport {
        let subject = subject()
        return try gradientCheck(
            name, at: subject.operands, names: subject.names, tolerance: tolerance, of: subject.function)
    }
}

/// A function of tensors beside operands for it.
public struct GradientSubject {
    /// What the operands are called: arguments by their number, an input and a model's parameters by their paths.
    public let names: [String]
    /// The operands.
    public let operands: [Tensor]
    /// The function of as many tensors of the same shapes.
    public let function: ([Tensor]) -> Tensor

    /// A function of tensors.
    public init(_ operands: [Tensor], of function: @escaping ([Tensor]) -> Tensor) {
        names = operands.indices.map { "argument \($0)" }
        (self.operands, self.function) = (operands, function)
    }

    /// What a model makes of an input, as a function of the input and of all parameters that take a gradient.
    ///
    /// The parameters of the model are not changed. What takes no gradient is held fixed, in float64 like all else.
    public init(_ model: some Module, input: Tensor, of f: @escaping (Tensor) -> Tensor) {
        let parameters = model.parameterValues.sorted { $0.key < $1.key }
        let others = model.namedParameters.filter {
            !$0.parameter.takesGradient && $0.parameter.value.elementType.isFloatingPoint
        }
        let fixed = Dictionary(others.map { ($0.path, $0.parameter.value.cast(to: .float64)) }) { first, _ in first }
        let paths = parameters.map(\.key)
        names = ["input"] + paths
        operands = [input] + parameters.map(\.value)
        function = { tensors in
            let own = Dictionary(uniqueKeysWithValues: zip(paths, tensors.dropFirst()))
            return model.withParameters(own.merging(fixed) { first, _ in first }) { f(tensors[0]) }
        }
    }
}

/// Everything public that has a gradient, each with operands at which it has one.
public enum GradientCatalogue {
    /// All cases: functions, losses, layers, models.
    public static let cases: [GradientCase] =
        elementary + pairs + reductions + views + transforms + products + losses + layers + models
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
        GradientCase(name: name, kind: kind) { draw in
            GradientSubject(operands.enumerated().map { $1.1.draw($1.0, seed: 71 + $0 + 100 * draw) }, of: f)
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

    /// What a model of float64 makes of an input.
    static func model<Model: Module>(
        _ name: String, input: Shape, _ domain: GradientDomain = .reals(-1, 1), kind: Kind = .model,
        _ make: @escaping @Sendable () -> Model, of f: @escaping @Sendable (Model, Tensor) -> Tensor
    ) -> GradientCase {
        GradientCase(name: name, kind: kind) { draw in
            let model = withElementType(.float64) { withSeed(5 + draw) { make() } }
            return GradientSubject(model, input: domain.draw(input, seed: 73 + 100 * draw)) { f(model, $0) }
        }
    }

    /// A layer of float64.
    static func layer<Model: Layer>(
        _ name: String, input: Shape, _ domain: GradientDomain = .apart, _ make: @escaping @Sendable () -> Model
    ) -> GradientCase {
        model(name, input: input, domain, kind: .layer, make) { $0($1) }
    }

    /// A layer that draws or learns by the way in training, as it is in inference.
    static func inferring<Model: Layer>(
        _ name: String, input: Shape, _ domain: GradientDomain = .apart, _ make: @escaping @Sendable () -> Model
    ) -> GradientCase {
        model(name, input: input, domain, kind: .layer, make) { layer, x in inference { layer(x) } }
    }
}
