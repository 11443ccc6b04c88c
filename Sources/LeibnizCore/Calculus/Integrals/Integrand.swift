import LeibnizKernels

/// A function under an integral as a graph: called once, then computed for as many points at once as are wanted.
///
/// `value` is made from `point`, which stands for any point, and from `captured`: what f took from outside and a derivative may be
/// asked for. A derivative of the integrand is another integrand of the same point.
final class Integrand: Sendable {
    /// What depends on the point depends on this call, which is open as long as somebody holds the integrand.
    let call: Differentiation
    let point: Node
    let value: Tensor
    let captured: [Tensor]

    /// The integrand f, a function of one point.
    ///
    /// - Parameter shape: the point's: [] on a line, [d] in a box.
    convenience init(of shape: Shape, _ f: (Tensor) -> Tensor) {
        let call = Differentiation()
        let point = Tensor(IntegrationPoint.node(shape, for: call))
        let value = f(point)
        self.init(call, point.node, Integrand.real(value))
    }

    private init(_ call: Differentiation, _ point: Node, _ value: Tensor) {
        (self.call, self.point, self.value) = (call, point, value)
        captured = Node.sorted([value.node], through: { $0.depends(on: call) })
            .filter { !$0.depends(on: call) && !$0.dependence.isEmpty }.map(Tensor.init)
    }

    /// The value as float64, in which integrals are computed.
    private static func real(_ value: Tensor) -> Tensor {
        if value.isInvalid || value.elementType == .float64 { return value }
        return value.cast(to: .float64)
    }

    /// Another function of the same point.
    func replacing(value: Tensor) -> Integrand { Integrand(call, point, Integrand.real(value)) }

    /// Its values at several points, [n] + the point's shape → [n] + the value's shape.
    func values(at points: Tensor) -> Tensor {
        if let invalid = [value, points].first(where: \.isInvalid) { return invalid }
        let count = points.type.shape[0]
        let found = Batching.values(of: [value.node], elements: [(point, points)], of: call, count: count)
        return found[0] ?? value.broadcast(to: Shape([count] + value.type.shape.extents))
    }

    /// Its value at one point.
    func value(at point: Tensor) -> Tensor {
        let values = values(at: point.expanded(at: 0))
        return values.isInvalid ? values : values.reshaped(to: value.type.shape)
    }

    /// The function u ↦ (b − a)·f(a + (b − a)·u), whose integral from 0 to 1 is that of f from a to b. It captures a and b.
    func onUnitInterval(from a: Tensor, to b: Tensor) -> Integrand {
        let call = Differentiation()
        let unit = Tensor(IntegrationPoint.node([], for: call))
        // As arguments of the call they are looked through: captured is what the caller gave, and what was captured before, not
        // what becomes of it on the way to the new point.
        let (start, end) = (Argument.wrap(a, for: call), Argument.wrap(b, for: call))
        var replaced: [Node: Node] = [:]
        for captured in captured { replaced[captured.node] = Argument.wrap(captured, for: call).node }
        Rewriting.rewrite(Node.sorted([value.node], through: { $0.depends(on: self.call) }), &replaced)
        let body = Integrand(self.call, point, Tensor(replaced[value.node] ?? value.node))
        return Integrand(call, unit.node, body.value(at: start * (1 - unit) + end * unit) * (end - start))
    }

    /// The function for a whole batch of what it captured, as the first axis of its value.
    ///
    /// - Parameter batches: for some of the captured tensors their batch.
    func batched(_ batches: [(captured: Node, batch: Tensor)], count: Int) -> Integrand {
        let found = Batching.values(
            of: [value.node], elements: batches.map { ($0.captured, $0.batch) }, of: call, count: count)
        return replacing(value: found[0] ?? value.broadcast(to: Shape([count] + value.type.shape.extents)))
    }

    /// The derivative along tangents of what was captured; `nil` where it is zero.
    func pushforward(_ tangents: [(captured: Tensor, tangent: Tensor)]) -> Integrand? {
        let sources = tangents.map { ($0.captured.node, $0.tangent) }
        return Forward.tangents(of: [value.node], along: sources)[0].map(replacing)
    }

    /// Coefficient k of the Taylor series for the series of what was captured; `nil` where it is zero.
    func coefficient(_ k: Int, _ series: [(captured: Tensor, coefficients: [Tensor?])]) -> Integrand? {
        let sources = series.map { ($0.captured.node, $0.coefficients) }
        let found = SeriesPropagation.coefficients(of: [value.node], sources: sources, order: k, of: call)
        return found[0][k].map(replacing)
    }

    /// The cotangents of some of what was captured, joined in one vector, and how to take it apart; `nil` where all are zero.
    func pullback(
        _ cotangent: Tensor, at wanted: [Tensor]
    ) -> (joined: Integrand, parts: (Tensor) -> [Tensor?])? {
        let cotangents = Reverse.cotangents(of: [(value.node, cotangent)], at: wanted.map(\.node))
        let flat = cotangents.map { $0.map { $0.cast(to: .float64).reshaped(to: [-1]) } }
        guard flat.contains(where: { $0 != nil }) else { return nil }
        func parts(_ whole: Tensor) -> [Tensor?] {
            var start = 0
            return zip(flat, wanted).map { part, tensor in
                guard let part else { return nil }
                if whole.isInvalid { return whole }
                let count = part.type.shape.count
                defer { start += count }
                return whole.sliced(axis: 0, start: start, count: count).reshaped(to: tensor.type.shape)
                    .cast(to: tensor.elementType)
            }
        }
        return (replacing(value: concatenate(flat.compactMap { $0 })), parts)
    }
}

extension Integrand {
    /// Whether values can be asked for here and now: nothing stands for an element of a batch or the argument of a trace.
    func canBeEvaluated(with others: [Tensor] = []) -> Bool {
        let isTracing = Overlay.current?.isTrace == true
        return (captured + others).allSatisfy { tensor in
            let dependence = tensor.node.dependence
            return !dependence.contains(.trace) && !(isTracing && dependence.contains(.variables))
        }
    }

    /// Whether a plan that is found again may have to compute the value anew, from other values of variables.
    func readsVariables(with others: [Tensor] = []) -> Bool {
        (captured + others).contains { $0.node.dependence.contains(.variables) }
    }

    /// Numbers of points of which there are plans: other numbers are filled up with the last point.
    private static func filledCount(_ count: Int) -> Int {
        var filled = 4 * GaussKronrod.count
        while filled < count { filled *= 4 }
        return filled
    }

    /// The values at points as numbers, all components of one after the other.
    func numbers(at points: [Double], dimension: Int = 1) throws -> [Double] {
        if let error = value.error { throw error }
        let count = points.count / dimension
        let shape = point.type.shape.extents
        let most = Swift.max(1, (1 << 22) / Swift.max(1, value.type.shape.count))
        var numbers: [Double] = []
        for start in stride(from: 0, to: count, by: most) {
            let own = Swift.min(most, count - start)
            let filled = Integrand.filledCount(own)
            var part = Array(points[start * dimension..<(start + own) * dimension])
            for _ in own..<filled { part += points[(count - 1) * dimension..<count * dimension] }
            let found = try values(at: Tensor(copying: part, Shape([filled] + shape))).doubles()
            numbers += found.prefix(found.count / filled * own)
        }
        return numbers
    }
}
