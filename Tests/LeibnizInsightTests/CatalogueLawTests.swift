import Leibniz
import Testing

extension GradientCase: CustomTestStringConvertible {
    /// The name.
    public var testDescription: String { name }
}

/// What the calculus makes of every loss and layer of the catalogue, beside its gradient. The tests of the primitives say the same of
/// each function.
@Suite struct `Every loss and layer` {
    private static let cases = GradientCatalogue.cases.filter { $0.kind == .loss || $0.kind == .layer }

    private func expectClose(
        _ a: [Double], _ b: [Double], within tolerance: Double, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isClose =
            a.count == b.count
            && zip(a, b).allSatisfy { $0.isClose(to: $1, relative: tolerance, absolute: tolerance) }
        #expect(isClose, comment ?? "\(a) are not \(b)", sourceLocation: sourceLocation)
    }

    @Test(arguments: cases)
    func `gives for a batch what a loop gives, and so do its gradients`(_ test: GradientCase) throws {
        let subjects = (0..<2).map { test.subject(draw: $0) }
        let f = subjects[0].function
        let valueAndGradients = { (x: [Tensor]) in
            [f(x)] + valueWithGradients(at: x) { sum(pow(f($0), 3)) }.gradients
        }
        let batch = subjects[0].operands.indices.map { place in stack(subjects.map { $0.operands[place] }) }
        let together = vmap(valueAndGradients)(batch)
        let alone = subjects.map { valueAndGradients($0.operands) }
        try evaluate(together + alone.flatMap(\.self))
        for (place, name) in (["value"] + subjects[0].names).enumerated() {
            // The same sums in another order.
            try expectClose(
                together[place].doubles(), alone.flatMap { try $0[place].doubles() }, within: 1e-11, "\(name)")
        }
    }

    @Test(arguments: cases.filter { $0.kind == .layer })
    func `has, if it is a layer, the Taylor series of nested derivatives, and one Hessian forward and in reverse`(
        _ test: GradientCase
    ) throws {
        let subject = test.subject()
        let x = subject.operands
        let (u, v) = (directions(x, seed: 20), directions(x, seed: 40))
        let f = { (x: [Tensor]) in sum(pow(subject.function(x), 3)) }
        let slope = { (x: [Tensor], v: [Tensor]) in pushforward(f, at: x, along: v).tangent }
        let series = taylor(of: f, at: x, along: v, order: 6).derivatives
        // Derivatives 3 to 6 are those of the third one, which is a shorter series.
        let higher = taylor(
            of: { taylor(of: f, at: $0, along: v, order: 3).derivatives[3] }, at: x, along: v, order: 3
        ).derivatives
        let nested = [f(x), slope(x, v)] + [v, u].map { w in pushforward({ slope($0, w) }, at: x, along: v).tangent }
        let product = pushforward({ valueWithGradients(at: $0, of: f).gradients }, at: x, along: v).tangents
        let reverse = [v, u].map { w in zip(w, product).map { sum($0 * $1) }.reduce(Tensor(0, .float64)) { $0 + $1 } }
        try evaluate(series + higher + nested + reverse)
        let numbers = try nested.map { try $0.item() }
        try expectClose(series[..<3].map { try $0.item() }, Array(numbers[..<3]), within: 1e-10, "series")
        try expectClose(series[3...].map { try $0.item() }, higher.map { try $0.item() }, within: 1e-9, "higher orders")
        try expectClose(reverse.map { try $0.item() }, Array(numbers[2...]), within: 1e-10, "Hessian")
    }

    private func directions(_ x: [Tensor], seed: Int) -> [Tensor] {
        x.enumerated().map { .normal($1.shape, seed: seed + $0, .float64) }
    }

    private static let wrong = matmul(Tensor.zeros([2, 3]), Tensor.zeros([2, 3]))

    @Test(arguments: cases)
    func `refuses what is invalid with the first mistake`(_ test: GradientCase) {
        let subject = test.subject()
        let error = #expect(throws: TensorError.self) {
            try subject.function([Self.wrong] + subject.operands.dropFirst()).doubles()
        }
        #expect(error?.operation == "matmul")
    }
}
