import LeibnizKernels
import Synchronization

/// A function with a derivative of its own in the place of the one that follows from its body.
///
/// What the body captures is held constant. `check(at:)` finds a pair of directions that do not belong together.
///
/// ```swift
/// // The square root whose slope at 0 is taken as 0.
/// let root = CustomRule(
///     { sqrt($0) },
///     forward: { x, y, dx in which(x > 0, dx / (2 * y), 0) },
///     reverse: { x, y, dy in which(x > 0, dy / (2 * y), 0) })
/// ```
public final class CustomRule: Sendable {
    let body: @Sendable (Tensor) -> Tensor
    private let forward: @Sendable (_ x: Tensor, _ y: Tensor, _ tangent: Tensor) -> Tensor
    private let reverse: @Sendable (_ x: Tensor, _ y: Tensor, _ cotangent: Tensor) -> Tensor
    /// Made once, so that plans find it again.
    private let batchedRule = Mutex<CustomRule?>(nil)

    /// A function y = f(x) with both directions of its derivative.
    ///
    /// - Parameters:
    ///   - forward: (x, y, ẋ) ↦ ẏ, of y's shape; another shape is a `ShapeError`.
    ///   - reverse: (x, y, ȳ) ↦ x̄, of x's shape; the adjoint of `forward`.
    public init(
        _ body: @escaping @Sendable (Tensor) -> Tensor, forward: @escaping @Sendable (Tensor, Tensor, Tensor) -> Tensor,
        reverse: @escaping @Sendable (Tensor, Tensor, Tensor) -> Tensor
    ) {
        (self.body, self.forward, self.reverse) = (body, forward, reverse)
    }

    /// f(x).
    public func callAsFunction(_ x: Tensor) -> Tensor { Tensor(RuledValue(rule: self), [body(x), x]) }

    /// The rule for a whole batch, which is the first axis of all tensors.
    var batched: CustomRule {
        batchedRule.withLock { rule in
            if let rule { return rule }
            let made = CustomRule(
                sendableVmap(body), forward: sendableVmap(forward), reverse: sendableVmap(reverse))
            rule = made
            return made
        }
    }

    /// ẏ by the rule.
    func tangent(_ x: Tensor, _ y: Tensor, _ tangent: Tensor) -> Tensor {
        checked(forward(x, y, tangent), like: y, "forward")
    }

    /// x̄ by the rule.
    func cotangent(_ x: Tensor, _ y: Tensor, _ cotangent: Tensor) -> Tensor {
        checked(reverse(x, y, cotangent), like: x, "reverse")
    }

    private func checked(_ result: Tensor, like model: Tensor, _ direction: String) -> Tensor {
        if result.isInvalid { return result }
        guard result.type.shape == model.type.shape else {
            let error = TensorError(
                "customRule", [result.type.shape, model.type.shape],
                "the \(direction) rule gave \(result.type.shape) where \(model.type.shape) is wanted")
            return Tensor(invalid: error.located(among: [result, model]))
        }
        return result.cast(to: model.elementType)
    }

    /// Checks at one point that both directions are adjoint: ⟨ȳ, forward(ẋ)⟩ = ⟨reverse(ȳ), ẋ⟩ for random ẋ and ȳ.
    ///
    /// - Parameters:
    ///   - tolerance: of the greater of 1 and both sides; 1e-4 by default.
    ///   - againstBody: whether both must also be the body's own derivative; false by default, for rules that differ from it on
    ///     purpose.
    /// - Throws: a `ValueError` with both numbers where they differ.
    public func check(at x: Tensor, tolerance: Double = 1e-4, againstBody: Bool = false) throws {
        let y = body(x)
        if let error = y.error { throw error }
        let tangent = Tensor.normal(x.type.shape, seed: 11, x.elementType)
        let cotangent = Tensor.normal(y.type.shape, seed: 12, y.elementType)
        let forward = sum(cotangent * self.tangent(x, y, tangent))
        let reverse = sum(self.cotangent(x, y, cotangent) * tangent)
        let own = againstBody ? sum(cotangent * pushforward(body, at: x, along: tangent).tangent) : forward
        try evaluate(forward, reverse, own)
        let numbers = [try reverse.item(), try forward.item(), try own.item()]
        func isFar(_ a: Double, _ b: Double) -> Bool {
            !(Swift.abs(a - b) <= tolerance * Swift.max(1, Swift.abs(a), Swift.abs(b)))
        }
        func refuse(_ reason: String) -> TensorError { TensorError("customRule", [x.type.shape], reason, kind: .value) }
        if isFar(numbers[0], numbers[1]) {
            throw refuse(
                "forward and reverse are not adjoint: ⟨ȳ, forward(ẋ)⟩ = \(numbers[1]), ⟨reverse(ȳ), ẋ⟩ = \(numbers[0])")
        }
        if isFar(numbers[1], numbers[2]) {
            throw refuse(
                "the rule is not the body's derivative: ⟨ȳ, forward(ẋ)⟩ = \(numbers[1]), the body's is \(numbers[2])")
        }
    }
}

/// The value of a ruled function: operand 0, as a function of operand 1.
struct RuledValue: IdentityPrimitive {
    let rule: CustomRule
    var name: String { "custom" }
    static func == (a: Self, b: Self) -> Bool { a.rule === b.rule }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(rule)) }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        tangents[1].map { rule.tangent(operands[1], result, $0) }
    }
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        [nil, wanted[1] ? rule.cotangent(operands[1], result, cotangent) : nil]
    }
    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(RuledValue(rule: rule.batched), operands.all) }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromDerivative(k) }
    func latex(_ operands: [String]) -> String { operands[0] }
}
