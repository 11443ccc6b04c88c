import Testing

@testable import LeibnizCore

@Suite struct `Custom rules` {
    /// √x whose slope at 0 is taken as 0.
    private static let root = CustomRule(
        { sqrt($0) }, forward: { x, y, dx in which(x > 0, dx / (2 * y), 0) },
        reverse: { x, y, dy in which(x > 0, dy / (2 * y), 0) })

    @Test func `stand in the place of the body's derivative`() throws {
        let x = Tensor([0.0, 4, 9], .float64)
        #expect(try Self.root(x).doubles() == [0, 2, 3])
        #expect(try gradient(of: { sum(Self.root($0)) })(x).doubles() == [0, 0.25, 1.0 / 6])
        #expect(try pushforward({ Self.root($0) }, at: x, along: x).tangent.doubles() == [0, 1, 1.5])
        // The rule's own graph is differentiated for the second order: −1/(4 x√x).
        let second = try gradient(of: { sum(gradient(of: { sum(Self.root($0)) })($0)) })(Tensor(4, .float64)).item()
        #expect(abs(second + 1.0 / 32) < 1e-12)
    }

    @Test func `agree in both directions, or a check finds it`() throws {
        let x = Tensor([1.0, 4, 9], .float64)
        try Self.root.check(at: x)
        let wrong = CustomRule({ $0 * $0 }, forward: { x, _, dx in 2 * x * dx }, reverse: { x, _, dy in 3 * x * dy })
        let error = #expect(throws: TensorError.self) { try wrong.check(at: x) }
        #expect(error?.kind == .value)
        #expect(error?.reason.contains("adjoint") == true)
    }

    @Test func `that are not the body's derivative are found by the check if wanted`() throws {
        let x = Tensor([1.0, 4, 9], .float64)
        let clipped = CustomRule({ $0 }, forward: { _, _, dx in 0.5 * dx }, reverse: { _, _, dy in 0.5 * dy })
        try clipped.check(at: x)
        #expect(throws: TensorError.self) { try clipped.check(at: x, againstBody: true) }
        try Self.root.check(at: x, againstBody: true)
    }

    @Test func `of a wrong shape are errors that name the direction`() throws {
        let x = Tensor.ones([2, 3], .float64)
        let rule = CustomRule({ sum($0, axes: [1]) }, forward: { _, _, dx in dx }, reverse: { _, _, dy in dy })
        for (tensor, direction) in [
            (pushforward({ rule($0) }, at: x, along: x).tangent, "forward"),
            (gradient(of: { sum(rule($0)) })(x), "reverse"),
        ] {
            let error = #expect(throws: TensorError.self) { try tensor.doubles() }
            #expect(error?.kind == .shape)
            #expect(error?.reason.contains(direction) == true)
        }
        #expect(throws: TensorError.self) { try rule.check(at: x) }
    }
}
