import LeibnizKernels

/// The tensors of a point as one vector of float64, and back.
struct PointLayout {
    let shapes: [Shape]
    let count: Int

    init(_ shapes: [Shape]) { (self.shapes, count) = (shapes, shapes.reduce(0) { $0 + $1.count }) }

    /// The vector cut into the point's tensors.
    func tensors(_ x: [Double]) -> [Tensor] {
        var start = 0
        return shapes.map { shape in
            defer { start += shape.count }
            return Tensor(copying: Array(x[start..<start + shape.count]), shape)
        }
    }

    /// The same cut within a graph.
    func pieces(of x: Tensor) -> [Tensor] {
        var start = 0
        return shapes.map { shape in
            defer { start += shape.count }
            return x.sliced(axis: 0, start: start, count: shape.count).reshaped(to: shape)
        }
    }

    /// The vector of tensors of these shapes.
    func vector(_ tensors: [Tensor]) throws -> [Double] { try tensors.flatMap { try $0.doubles() } }
}

/// A point with what is known of the function there.
struct Location {
    var x: [Double]
    var value: Double
    /// Empty where it was not asked for.
    var gradient: [Double]

    /// Whether a method can go on from here.
    var isFinite: Bool { value.isFinite && gradient.isFinite }
}

/// The function that is minimised, as plans on vectors: its graph and those of its derivatives are made once, each call runs one.
final class Objective {
    let layout: PointLayout
    private let f: ([Tensor]) -> Tensor
    private let limit: Int
    private(set) var evaluations = 0
    private(set) var products = 0
    private var valuePlan, gradientPlan, productPlan: Trace<[Tensor]>?

    init(_ f: @escaping ([Tensor]) -> Tensor, _ layout: PointLayout, limit: Int) {
        (self.f, self.layout, self.limit) = (f, layout, limit)
    }

    /// The value alone.
    func value(at x: [Double]) throws -> Location {
        let trace = try valuePlan ?? traced { f, x in [f(x)] }
        valuePlan = trace
        return Location(x: x, value: try results(of: trace, layout.tensors(x))[0], gradient: [])
    }

    /// The value and the gradient.
    func valueWithGradient(at x: [Double]) throws -> Location {
        let trace =
            try gradientPlan
            ?? traced { f, x in
                let (value, gradients) = valueWithGradients(at: x, of: f)
                return [value] + gradients
            }
        gradientPlan = trace
        let numbers = try results(of: trace, layout.tensors(x))
        return Location(x: x, value: numbers[0], gradient: Array(numbers.dropFirst()))
    }

    /// The product of the Hessian with a vector.
    func hessianProduct(at x: [Double], along v: [Double]) throws -> [Double] {
        let shapes = layout.shapes
        let trace =
            try productPlan
            ?? traced(copies: 2) { f, both in
                let (x, v) = (Array(both.prefix(shapes.count)), Array(both.suffix(shapes.count)))
                return pushforward({ valueWithGradients(at: $0, of: f).gradients }, at: x, along: v).tangents
            }
        productPlan = trace
        products += 1
        return try trace.run(layout.tensors(x) + layout.tensors(v), as: "minimize").flatMap { try $0.doubles() }
    }

    private func results(of trace: Trace<[Tensor]>, _ x: [Tensor]) throws -> [Double] {
        guard evaluations < limit else { throw EvaluationLimit() }
        evaluations += 1
        return try trace.run(x, as: "minimize").flatMap { try $0.doubles() }
    }

    /// The plan of what `body` makes of the function and its argument.
    private func traced(
        copies: Int = 1, _ body: (([Tensor]) -> Tensor, [Tensor]) -> [Tensor]
    ) throws -> Trace<[Tensor]> {
        let types = layout.shapes.map { TensorType($0, .float64) }
        return try Trace(of: Array(repeating: types, count: copies).flatMap { $0 }) { [f] x in
            let scalar = { (x: [Tensor]) in
                let value = f(x)
                return Tensor.differentiationError("minimize", value, x, isScalar: true) ?? value
            }
            return try body(scalar, x).map { try $0.cast(to: .float64).checkedForMinimization("minimize") }
        }
    }
}

extension Tensor {
    /// The tensor, unless a transformation around the minimisation would differentiate it, which is told.
    func checkedForMinimization(_ operation: String) throws -> Tensor {
        guard node.dependence.contains(.argument) else { return self }
        throw TensorError(
            operation, [type.shape], "a minimum is searched for by value, and has no derivative", kind: .trace
        ).located(among: [self])
    }
}
