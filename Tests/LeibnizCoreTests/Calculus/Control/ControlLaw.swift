import Testing

@testable import LeibnizCore

/// What a loop gives in every transformation, against the same operations written one after the other.
struct ControlLaw {
    typealias Function = ([Tensor]) -> Tensor
    private let label: String
    private(set) var results: [(what: String, found: Tensor, expected: Tensor)] = []

    /// - Parameters:
    ///   - loop: from several tensors to a tensor of any shape.
    ///   - plain: the same, unrolled.
    ///   - order: of the Taylor series.
    init(_ label: String, at x: [Tensor], order: Int = 4, loop: @escaping Function, plain: @escaping Function) {
        self.label = label
        let v = x.enumerated().map { Tensor.normal($1.type.shape, seed: 50 + $0, .float64) }
        func scalar(_ f: @escaping Function) -> Function {
            { x in
                let y = f(x)
                let bent: Tensor = y + 0.25 * y * y
                let weights: Tensor = sin(Tensor.iota([y.type.shape.count], axis: 0).cast(to: .float64) + 1.0)
                return sum(weights * bent.reshaped(to: weights.type.shape))
            }
        }
        func total(_ a: [Tensor]) -> Tensor { zip(a, v).map { sum($0 * $1) }.reduce(Tensor(0, .float64)) { $0 + $1 } }
        func slopes(_ f: @escaping Function) -> Function {
            { x in total(valueWithGradients(at: x, of: scalar(f)).gradients) }
        }
        func forward(_ f: @escaping Function) -> Function { { x in pushforward(scalar(f), at: x, along: v).tangent } }
        func add(_ what: String, _ make: (@escaping Function) -> [Tensor]) {
            for (number, (found, expected)) in zip(make(loop), make(plain)).enumerated() {
                results.append(("\(what) \(number)", found, expected))
            }
        }
        add("value") { [$0(x)] }
        add("pushforward") { [pushforward($0, at: x, along: v).tangent] }
        add("gradient") { valueWithGradients(at: x, of: scalar($0)).gradients }
        add("reverse over reverse") { valueWithGradients(at: x, of: slopes($0)).gradients }
        add("forward over reverse") { [pushforward(slopes($0), at: x, along: v).tangent] }
        add("reverse over forward") { valueWithGradients(at: x, of: forward($0)).gradients }
        add("series") { taylor(of: $0, at: x, along: v, order: order).coefficients }
        let batches = zip(x, v).map { (x: Tensor, v: Tensor) -> Tensor in
            let (up, down): (Tensor, Tensor) = (x + 0.25 * v, x - 0.5 * v)
            return stack([x, up, down])
        }
        add("batch") { f in [vmap({ [f($0)] })(batches)[0]] }
        for place in x.indices {
            var axes = x.map { _ in Int?.none }
            axes[place] = 0
            var mixed = x
            mixed[place] = batches[place]
            add("batch of operand \(place)") { f in [vmap({ [f($0)] }, in: axes)(mixed)[0]] }
        }
        add("batch of gradients") { f in vmap({ valueWithGradients(at: $0, of: scalar(f)).gradients })(batches) }
        add("gradient of a batch") { f in
            valueWithGradients(at: batches) { sum(vmap({ [scalar(f)($0)] })($0)[0]) }.gradients
        }
        add("batch of second derivatives") { f in
            [vmap({ [pushforward(slopes(f), at: $0, along: v).tangent] })(batches)[0]]
        }
    }

    func check(tolerance: Double = 1e-10, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (what, found, expected) in results {
            if let error = found.error ?? expected.error {
                Issue.record("\(label), \(what): \(error)", sourceLocation: sourceLocation)
                return
            }
        }
        let expected = try Engine.chosen.values(of: results.map(\.expected))
        for engine in Engine.all {
            for (number, values) in try engine.values(of: results.map(\.found)).enumerated() {
                if let difference = firstDifference(values, expected[number], tolerance: tolerance) {
                    Issue.record(
                        "\(engine): \(label), \(results[number].what): \(difference)", sourceLocation: sourceLocation)
                }
            }
        }
    }
}
