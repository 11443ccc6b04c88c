import Leibniz

/// A rule that `leibniz pool` compares.
struct ComparedRule: Sendable {
    /// The rule's name in `--rules`.
    let name: String
    /// What it computes of a window R.
    let formula: String
    /// How far it can be from the mean of the interpolant.
    let bound: PoolingBound
    /// The layer for an image and windows of so many pixels at such distances.
    let layer: @Sendable (_ windows: ImageWindows) -> any Layer

    private init(
        _ name: String, _ formula: String, _ bound: PoolingBound = .range,
        _ layer: @escaping @Sendable (ImageWindows) -> any Layer
    ) {
        (self.name, self.formula, self.bound, self.layer) = (name, formula, bound, layer)
    }

    private static func pool<Rule: PoolingRule>(
        _ name: String, _ formula: String, _ bound: PoolingBound = .range, _ rule: @escaping @Sendable () -> Rule
    ) -> ComparedRule {
        ComparedRule(name, formula, bound) { Pool(rule(), $0.size, stride: $0.stride) }
    }

    private static func quadrature(_ name: String, _ formula: String, _ rule: QuadratureRule) -> ComparedRule {
        ComparedRule(name, formula) { $0.quadrature(rule) }
    }

    /// The rules that are compared where none is named.
    static let all = [
        pool("average", "1/|R| ∫ f", .secondDifferences) { .average },
        pool("max", "max f") { .maximum }, pool("min", "min f") { .minimum }, pool("median", "median f") { .median },
        power(2), pool("geometric", "exp(1/|R| ∫ log f)") { .geometric },
        pool("harmonic", "1/(1/|R| ∫ 1/f)") { .harmonic },
        sharp("log-sum-exp", 4), sharp("soft", 4), pool("binomial", "∫ w f / ∫ w") { .binomial },
        quadrature("midpoint", "f at the middle", .midpoint()),
        quadrature("trapezoid", "f at the corners", .trapezoid()), quadrature("simpson", "1/6, 2/3, 1/6", .simpson()),
        quadrature("gauss-2", "2×2 nodes", .gaussLegendre(2)), quadrature("gauss-4", "4×4 nodes", .gaussLegendre(4)),
    ]

    private static func power(_ p: Double) -> ComparedRule {
        pool("power:\(short(p))", "(1/|R| ∫ f^\(short(p)))^(1/\(short(p)))") { .power(p) }
    }

    private static func sharp(_ name: String, _ beta: Double) -> ComparedRule {
        let number = short(beta)
        return name == "soft"
            ? pool("soft:\(number)", "∫ f e^\(number)f / ∫ e^\(number)f") { .soft(sharpness: beta) }
            : pool("log-sum-exp:\(number)", "1/\(number) log 1/|R| ∫ e^\(number)f") { .logSumExp(sharpness: beta) }
    }

    private static func short(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }

    /// The rule of a name: one of `all`, or `power:P`, `log-sum-exp:B`, `soft:B` with a number of one's own.
    static func named(_ name: String) -> ComparedRule? {
        if let rule = all.first(where: { $0.name == name }) { return rule }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Double(parts[1]), number.isFinite else { return nil }
        switch parts[0] {
        case "power": return power(number)
        case "log-sum-exp", "soft": return sharp(String(parts[0]), number)
        default: return nil
        }
    }
}

/// Square windows of an image.
struct ImageWindows: Sendable {
    let size: Int
    let stride: Int
    let height: Int
    let width: Int

    /// The windows along both axes.
    var places: (rows: Int, columns: Int) { ((height - size) / stride + 1, (width - size) / stride + 1) }

    /// The integral of the image's bilinear interpolant over each window, by a rule.
    func quadrature(_ rule: QuadratureRule) -> QuadraturePool2D {
        let layer = QuadraturePool2D([places.rows, places.columns], rule: rule, learnsBounds: false)
        for (parameter, (places, extent)) in zip(layer.bounds, [(places.rows, height), (places.columns, width)]) {
            let ends = (0..<places).flatMap { [Double($0 * stride), Double($0 * stride + size)] }
            let fractions = Tensor(ends, shape: [places, 2], .float64) / Double(extent)
            parameter.value = fractions.cast(to: parameter.value.elementType)
        }
        return layer
    }
}
