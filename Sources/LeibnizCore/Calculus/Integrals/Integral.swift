import LeibnizKernels

/// The value of an integral, operand 0, as a function of its bounds and of what the integrand captured, the other operands.
///
/// The rule is Leibniz's:
///
///     d/dt ∫_{a(t)}^{b(t)} f(x, t) dx = f(b, t)·b′ − f(a, t)·a′ + ∫_{a(t)}^{b(t)} ∂f/∂t dx.
///
/// The integral on the right is computed like any other, to its own accuracy, and has its own derivative by the same rule. Of a box
/// the bounds are part of the integrand, and there are no terms of the boundary.
struct Integral: IdentityPrimitive {
    /// Over what is integrated.
    enum Domain: Sendable {
        /// From operand 1 to operand 2.
        case line(LineIntegration)
        /// Over the unit cube.
        case cube(CubeIntegration)
    }

    let integrand: Integrand
    let domain: Domain
    var name: String { "integral" }
    // As of a checkpoint: what it computes is operand 0.
    static func == (a: Self, b: Self) -> Bool { true }
    func hash(into hasher: inout Hasher) {}

    /// The number of operands before those that were captured.
    private var first: Int { if case .line = domain { 3 } else { 1 } }

    /// The integral as a differentiable tensor.
    static func of(_ integrand: Integrand, _ domain: Domain, bounds: [Tensor] = []) -> Tensor {
        if let invalid = (bounds + [integrand.value]).first(where: \.isInvalid) { return invalid }
        let value =
            switch domain {
            case .line(let line): line.value(of: integrand, from: bounds[0], to: bounds[1])
            case .cube(let cube): cube.value(of: integrand)
            }
        return Tensor(Integral(integrand: integrand, domain: domain), [value] + bounds + integrand.captured)
    }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    /// The integral of another integrand over the same domain.
    private func integral(of other: Integrand, _ operands: [Tensor]) -> Tensor {
        Integral.of(other, domain, bounds: Array(operands[1..<first]))
    }

    /// The bounds at which the integrand enters the derivative, with its sign there: those that are finite.
    private func movingBounds(_ operands: [Tensor]) -> [(place: Int, sign: Double)] {
        first == 1 ? [] : [(1, -1), (2, 1)].filter { !LineIntegration.isInfinite(operands[$0.0]) }
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        var sum: Tensor?
        for (place, sign) in movingBounds(operands) {
            guard let tangent = tangents[place] else { continue }
            sum = Tensor.sum(sum, integrand.value(at: operands[place]) * (tangent * Tensor(weak: sign)))
        }
        let moving = zip(integrand.captured, tangents[first...]).compactMap { captured, tangent in
            tangent.map { (captured, $0) }
        }
        if let slope = moving.isEmpty ? nil : integrand.pushforward(moving) {
            sum = Tensor.sum(sum, integral(of: slope, operands))
        }
        return sum
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        var cotangents = [Tensor?](repeating: nil, count: operands.count)
        for (place, sign) in movingBounds(operands) where wanted[place] {
            let product = LeibnizCore.sum(cotangent * integrand.value(at: operands[place]))
            cotangents[place] = product * Tensor(weak: sign)
        }
        let places = integrand.captured.indices.filter { wanted[first + $0] }
        if !places.isEmpty,
            let (joined, parts) = integrand.pullback(cotangent, at: places.map { integrand.captured[$0] })
        {
            for (place, part) in zip(places, parts(integral(of: joined, operands))) { cotangents[first + place] = part }
        }
        return cotangents
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        let isBoundBatched = first > 1 && (operands.isBatched[1] || operands.isBatched[2])
        var (body, domain, bounds) = (integrand, domain, Array(operands.tensors[1..<first]))
        var batches = integrand.captured.indices.filter { operands.isBatched[first + $0] }.map {
            (captured: integrand.captured[$0].node, batch: operands.tensors[first + $0])
        }
        let call = Differentiation()
        defer { call.close() }
        if isBoundBatched, case .line(let line) = domain {
            let elements = [1, 2].map { place in
                operands.isBatched[place]
                    ? BatchElement.of(operands.tensors[place], for: call) : operands.tensors[place]
            }
            body = integrand.onUnitInterval(from: elements[0], to: elements[1])
            for (element, place) in zip(elements, [1, 2]) where operands.isBatched[place] {
                batches.append((element.node, operands.tensors[place]))
            }
            domain = .line(line.withoutPoints)
            bounds = [Tensor(0, .float64), Tensor(1, .float64)]
        }
        let all = body.batched(batches, count: operands.count)
        return Tensor(Integral(integrand: all, domain: domain), [operands.spread(0)] + bounds + all.captured)
    }

    /// Coefficient k of the integral is the integral of coefficient k. Where a bound moves the domain is made fixed first.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        var (body, domain, bounds) = (integrand, domain, Array(series.values()[1..<first]))
        var places = Dictionary(
            integrand.captured.enumerated().map { ($1.node, first + $0) }, uniquingKeysWith: { a, _ in a })
        if first > 1, series.isMoving(1) || series.isMoving(2), case .line(let line) = domain {
            body = integrand.onUnitInterval(from: bounds[0], to: bounds[1])
            for (bound, place) in zip(bounds, [1, 2]) { places[bound.node] = place }
            domain = .line(line.withoutPoints)
            bounds = [Tensor(0, .float64), Tensor(1, .float64)]
        }
        let moving = body.captured.compactMap { captured -> (Tensor, [Tensor?])? in
            guard let place = places[captured.node], series.isMoving(place) else { return nil }
            return (captured, (0...k).map { $0 == 0 ? captured : series.x(place, $0) })
        }
        guard !moving.isEmpty, let slope = body.coefficient(k, moving) else { return nil }
        return Integral.of(slope, domain, bounds: bounds)
    }

    func latex(_ operands: [String]) -> String {
        if case .line = domain { return "\\int_{\(operands[1])}^{\(operands[2])} f\\left(x\\right) \\, dx" }
        return "\\int f\\left(x\\right) \\, dx"
    }
}
