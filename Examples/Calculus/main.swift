import Foundation
import Leibniz

func show(_ numbers: Double...) {
    print(numbers.map { String(format: "%.6g", $0) }.joined(separator: "  "))
}

let square = { (x: Double) in x * x }
for h in [1, 0.1, 0.01, 0.001] { show(h, (square(3 + h) - square(3)) / h) }

let quotient = try Formula("((3 + h)^2 - 3^2)/h")
print(try quotient.limit(by: "h", to: Formula(0)))

let slope = NumericalDerivative { Foundation.sin(1 + $0) }
for sample in slope.curve.prefix(3) { show(sample.step, sample.deviation) }
show(slope.value, Foundation.cos(1))
print(slope.error < 1e-11)

let worked = try Formula("x^2 sin(3x)").workedDerivative(by: "x")
for step in worked.steps { print("\(step.rule): \(step.from.unicode) = \(step.to.unicode)") }

let f = { (x: Tensor) in x * x * sin(3 * x) }
let x = Tensor(2, .float64)
show(try f(x).item(), try (∇f)(x).item(), try (∇(∇f))(x).item())
show(try worked.derivative.evaluated(at: ["x": 2]))

let bowl = { (p: Tensor) in p[0] * p[0] + p[0] * p[1] + 2 * p[1] * p[1] }
print((∇bowl)([1, 2]))
print(try Formula("x^2 + x*y + 2*y^2").gradient())

print(try formula(of: { bowl($0[0]) }, variables: ["p"], shapes: [[2]]).simplified())
print(hessian(of: bowl)([1, 2]))

let loss = { (p: [Tensor]) in pow(tanh(p[0] * 0.5 + p[1]) - 1, 2) }
let (weight, bias) = (Tensor(0.8, .float64), Tensor(-0.1, .float64))

let chain = try explainGradient(of: loss, at: [weight, bias], names: ["w", "b"])
print(chain.markdown)

let report = try verify(loss, at: [weight, bias], names: ["w", "b"])
print(report.verdict)

let series = taylor(of: { exp($0) * cos($0) }, at: Tensor(0, .float64), order: 5)
var total = 0.0
for (order, coefficient) in series.coefficients.enumerated() {
    total += try coefficient.item() * Foundation.pow(0.5, Double(order))
    show(Double(order), try coefficient.item(), total)
}
show(Foundation.exp(0.5) * Foundation.cos(0.5))
print(try Formula("exp(x)*cos(x)").taylorSeries(by: "x", at: Formula(0), order: 5).formula)

let integrand = try Formula("x*exp(-x^2)").workedAntiderivative(by: "x")
for step in integrand.steps { print("\(step.rule): ∫ \(step.from.unicode) dx = \(step.to.unicode)") }
print(integrand.antiderivative)

let area = try Formula("exp(-x^2)").definiteIntegral(by: "x", from: Formula(0), to: Formula(1)).value
for n in [4, 8, 16] {
    let middles = (Tensor.arange(n).cast(to: .float64) + 0.5) / Double(n)
    let strips = try mean(exp(-middles * middles)).item()
    show(Double(n), strips, abs(strips - area))
}

let gaussian = { (x: Tensor) in exp(-x * x) }
for rule in [QuadratureRule.trapezoid(4), .simpson(4), .gaussLegendre(5)] {
    print(rule.name, String(format: "%.1e", abs(try integrate(gaussian, from: 0, to: 1, rule: rule).item() - area)))
}
let estimate = try integralEstimate(of: gaussian, from: 0, to: 1)
print(estimate.error < 1e-12, abs(try estimate.value.item() - area) < 1e-14)

let moving = try Formula("integral(exp(-x*t^2), t, 0, x^2)")
let rate = try moving.differentiated(by: "x")
print(rate)
show(try rate.evaluated(at: ["x": 1.2]), try NumericalDerivative { try moving.evaluated(at: ["x": 1.2 + $0]) }.value)

let swept = { (x: Tensor) in integrate({ t in exp(-x * t * t) }, from: 0, to: x * x) }
show(try (∇swept)(Tensor(1.2, .float64)).item(), try (∇(∇swept))(Tensor(1.2, .float64)).item())
show(try rate.differentiated(by: "x").evaluated(at: ["x": 1.2]))

let map = Tensor([1, 3, 2, 0, 5, 7, 1, 1, 0, 2, 4, 8, 2, 0, 4, 0], shape: [1, 1, 4, 4], .float64)
func show(_ label: String, _ pooled: Tensor) throws {
    print(label, try pooled.doubles().map { String(format: "%.4f", $0) }.joined(separator: "  "))
}
try show("average", AveragePool2D(2)(map))
for p in [1.0, 2, 8, 64] { try show("p = \(Int(p))", LpPool2D(p, 2)(map)) }
try show("maximum", MaxPool2D(2)(map))

for (label, layer) in [
    ("average", AveragePool2D(2) as any Layer), ("p = 8", LpPool2D(8, 2)), ("maximum", MaxPool2D(2)),
] {
    let share = gradient { sum(layer($0)) }(map)
    try show(label, share[0, 0, ..<2, ..<2])
}

let exact: Double = (1 - Foundation.cos(1)) * Foundation.sin(1)
for n in [4, 8, 16] {
    let at = (Tensor.arange(n).cast(to: .float64) + 0.5) / Double(n)
    let image = sin(at).reshaped(to: [1, 1, n, 1]) * cos(at)
    let pooled = try AveragePool2D(n)(image).item()
    show(Double(n), pooled, abs(pooled - exact))
}

let ramp = Tensor.arange(8).cast(to: .float64).reshaped(to: [1, 1, 8])
let pool = withElementType(.float64) { QuadraturePool1D([1]) }
pool.bounds[0].value = Tensor([0.25, 0.75], shape: [1, 2], .float64)
let mover = SGD(pool, learningRate: 0.02)
for _ in 1...200 { try mover.minimize(pow(sum(pool(ramp)) - 3, 2)) }
try show("mean", pool(ramp))
try show("bounds in pixels", pool.bounds[0].value * 8)

let alpha = 0.1
var theta = Tensor([-2, 1.5], shape: [2], .float64)
for step in 0...60 {
    if step % 20 == 0 { show(Double(step), try bowl(theta).item()) }
    theta -= alpha * (∇bowl)(theta)
}

let valley = { (p: Tensor) in pow(1 - p[0], 2) + 100 * pow(p[1] - p[0] * p[0], 2) }
let methods: [(name: String, method: MinimizationMethod)] = [
    ("gradient descent", .gradientDescent()), ("BFGS", .bfgs), ("Newton-CG", .newtonCG),
]
for (name, method) in methods {
    let found = try minimize(valley, from: Tensor([-1.2, 1], .float64), method: method)
    print(name, found.converged, found.converged ? "\(found.iterations) iterations" : "\(found.reason)")
}
