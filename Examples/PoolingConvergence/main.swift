// How fast quadrature pooling converges: the error of each rule on refined grids, as a table and as a chart in SVG.
//
//   PoolingConvergence [FILE.svg]

import Foundation
import Leibniz

/// A rule and where its region's corners lie: on borders of elements (0) or on their centres (½).
struct Trial: Sendable {
    let name: String
    let offset: Double
    let colour: String
    let interpolation: MapInterpolation
    /// The rule for a region of n elements along each side.
    let rule: @Sendable (_ n: Int) -> QuadratureRule
}

let trials = [
    Trial(name: "midpoint", offset: 0, colour: "#1b6ca8", interpolation: .linear) { .midpoint(panels: $0) },
    Trial(name: "trapezoid", offset: 0.5, colour: "#c0392b", interpolation: .linear) { .trapezoid(panels: $0) },
    Trial(name: "exact, constant", offset: 0, colour: "#7f8c8d", interpolation: .constant) { _ in .exact },
    Trial(name: "exact, linear", offset: 0, colour: "#8e44ad", interpolation: .linear) { _ in .exact },
    Trial(name: "Simpson", offset: 0.5, colour: "#1e8449", interpolation: .linear) { .simpson(panels: $0 / 2) },
]
let sizes = [8, 16, 32, 64, 128, 256]

/// f = eˣ·cos 3y on 0…1² and its mean over 0.25…0.75 × 0.125…0.625.
let (a, b) = ([0.25, 0.125], [0.75, 0.625])
func f(_ x: Double, _ y: Double) -> Double { exp(x) * cos(3 * y) }
let exact = (exp(b[0]) - exp(a[0])) * (sin(3 * b[1]) - sin(3 * a[1])) / 3 / 0.25

/// The error on a grid of n × n cells.
func error(_ trial: Trial, _ n: Int) throws -> Double {
    let points = (0...n).map { (Double($0) + 0.5 - trial.offset) / Double(n) }
    let map = Tensor(points.flatMap { x in points.map { f(x, $0) } }, shape: [n + 1, n + 1], .float64)
    func corner(_ x: [Double]) -> Tensor { Tensor(x.map { $0 * Double(n) + trial.offset }, shape: [1, 2], .float64) }
    let mean = regionMeans(
        of: map, from: corner(a), to: corner(b), interpolation: trial.interpolation, rule: trial.rule(n / 2))
    return abs(try mean.item() - exact)
}

let errors = try trials.map { trial in try sizes.map { try error(trial, $0) } }
print(
    "rule              "
        + sizes.map { "   n = \($0)" }.map { $0.padding(toLength: 11, withPad: " ", startingAt: 0) }.joined() + "order")
for (trial, row) in zip(trials, errors) {
    let order = log2(row[row.count - 2] / row[row.count - 1])
    print(
        trial.name.padding(toLength: 16, withPad: " ", startingAt: 0)
            + row.map { String(format: "%11.2e", $0) }.joined() + String(format: "%8.2f", order))
}

/// The errors over n, both on logarithmic axes.
func chart() -> String {
    let (width, height, left, top, right, bottom) = (640.0, 420.0, 70.0, 30.0, 470.0, 360.0)
    let decades = -12...0
    func x(_ n: Int) -> Double { left + (log2(Double(n)) - 3) / 5 * (right - left) }
    func y(_ error: Double) -> Double {
        bottom - (log10(error) - Double(decades.lowerBound)) / Double(decades.count - 1) * (bottom - top)
    }
    func number(_ x: Double) -> String { String(format: "%.1f", x) }
    func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" \(style)/>"
    }
    func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "") -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" \(style)>\(text)</text>"
    }
    var parts = [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" font-family=\"sans-serif\" font-size=\"13\">",
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        text(left, 18, "|quadrature pooling − exact mean| of eˣ·cos 3y"),
    ]
    for decade in stride(from: decades.lowerBound, through: 0, by: 2) {
        let level = y(Foundation.pow(10, Double(decade)))
        parts.append(line(left, level, right, level, "stroke=\"#ddd\""))
        parts.append(text(left - 8, level + 4, "1e\(decade)", "text-anchor=\"end\""))
    }
    for n in sizes {
        parts.append(line(x(n), top, x(n), bottom, "stroke=\"#ddd\""))
        parts.append(text(x(n), bottom + 18, "\(n)", "text-anchor=\"middle\""))
    }
    parts.append(text((left + right) / 2, bottom + 40, "n, cells along each side of the map", "text-anchor=\"middle\""))
    for (trial, row) in zip(trials, errors) {
        let points = zip(sizes, row).map { "\(number(x($0))),\(number(y($1)))" }.joined(separator: " ")
        parts.append("<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(trial.colour)\" stroke-width=\"2\"/>")
    }
    for (place, (trial, row)) in zip(trials, errors).enumerated() {
        let (level, order) = (top + 20 + Double(place) * 24, log2(row[row.count - 2] / row[row.count - 1]))
        parts.append(
            line(right + 12, level - 4, right + 32, level - 4, "stroke=\"\(trial.colour)\" stroke-width=\"2\""))
        parts.append(text(right + 38, level, "\(trial.name): n⁻\(order.rounded() == 4 ? "⁴" : "²")"))
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
}

if CommandLine.arguments.count > 1 { try Data(chart().utf8).write(to: URL(fileURLWithPath: CommandLine.arguments[1])) }
