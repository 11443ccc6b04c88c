import Foundation
import Leibniz

/// The way of a minimisation: on the graph of a function of one variable, on the contours of one of two, and as values by iteration
/// for more.
struct DescentPicture {
    private let formula: Formula
    private let names: [String]
    private let result: Minimization<Tensor>

    init(_ formula: Formula, _ names: [String], _ result: Minimization<Tensor>) {
        (self.formula, self.names, self.result) = (formula, names, result)
    }

    func figure() throws -> Figure {
        let path = try result.path.map { try $0.point.doubles() }
        switch names.count {
        case 1: return try onGraph(path.map { $0[0] })
        case 2: return try onContours(path.map { ($0[0], $0[1]) })
        default: return convergence()
        }
    }

    private func onGraph(_ path: [Double]) throws -> Figure {
        let range = Self.around(path)
        let program = try FormulaProgram(formula, variables: names)
        let graph = Figure.Curve(name: "\(formula)", from: range.lowerBound, to: range.upperBound) {
            try? program([$0])
        }
        let values = result.path.map(\.value)
        let lows = [graph.usualRange?.lowerBound, values.min()].compactMap { $0 }.filter(\.isFinite)
        let highs = [graph.usualRange?.upperBound, values.max()].compactMap { $0 }.filter(\.isFinite)
        let (low, high) = (lows.min() ?? 0, highs.max() ?? 0)
        let way = Figure.Curve(
            name: "\(result.iterations) steps", Array(zip(path, values)), color: Color.palette[1], lineWidth: 1,
            hasMarks: true)
        return Figure(
            Figure.Panel(
                [.curve(graph), .curve(way)], x: Figure.Axis(names[0]),
                y: Figure.Axis(range: low < high ? (low...high).padded : nil)))
    }

    private func onContours(_ path: [(x: Double, y: Double)]) throws -> Figure {
        let field = try FieldPicture(
            formula, names[0], names[1], x: Self.around(path.map(\.x)), y: Self.around(path.map(\.y)))
        var panel = field.panel(withArrows: false)
        panel.layers.append(
            .curve(
                Figure.Curve(
                    name: "\(result.iterations) steps", path, color: Color.palette[1], lineWidth: 1.4,
                    hasMarks: path.count <= 400)))
        if let first = path.first, let last = path.last {
            panel.layers.append(.points(Figure.Points(name: "start", [first], color: .black, radius: 4)))
            panel.layers.append(.points(Figure.Points(name: "end", [last], color: Color(0xB2182B), radius: 5)))
        }
        return Figure(panel, height: 520)
    }

    private func convergence() -> Figure {
        let norms = result.path.map { (Double($0.iteration), $0.gradientNorm) }
        let isMeasured = norms.contains { $0.1 > 0 }
        let values = result.path.map { (Double($0.iteration), $0.value) }
        let curve = Figure.Curve(
            name: isMeasured ? "gradient norm" : "value", isMeasured ? norms : values, hasMarks: norms.count <= 100)
        return Figure(
            Figure.Panel(
                [.curve(curve)], x: Figure.Axis("iteration"),
                y: Figure.Axis(isMeasured ? "gradient norm" : "value", scale: isMeasured ? .logarithmic : .linear)))
    }

    /// The range of coordinates with room on both sides.
    private static func around(_ values: [Double]) -> ClosedRange<Double> {
        let finite = values.filter { abs($0) < 1e100 }
        guard let low = finite.min(), let high = finite.max() else { return -1...1 }
        let room = low < high ? 0.25 * (high - low) : max(1, 0.1 * abs(low))
        return low - room...high + room
    }
}

extension ClosedRange<Double> {
    /// The range with a little room at both ends.
    var padded: ClosedRange<Double> {
        let room = 0.04 * (upperBound - lowerBound)
        return lowerBound - room...upperBound + room
    }
}
