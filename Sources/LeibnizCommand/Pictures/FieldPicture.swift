import Foundation
import Leibniz

/// A function of two variables: contour lines, and arrows along its gradient.
struct FieldPicture {
    private let names: (x: String, y: String)
    private let ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>)
    private let value: FormulaProgram
    private let slopes: [FormulaProgram]

    init(
        _ formula: Formula, _ first: String, _ second: String, x: ClosedRange<Double>, y: ClosedRange<Double>
    ) throws {
        names = (first, second)
        ranges = (x, y)
        value = try FormulaProgram(formula, variables: [first, second])
        slopes = try [first, second].map { variable in
            try FormulaProgram(formula.differentiated(by: variable), variables: [first, second])
        }
    }

    /// The values on a grid; NaN where there are none.
    func grid(count: Int = 221) -> Figure.Grid {
        Figure.Grid(x: ranges.x, y: ranges.y, count: count) { x, y in try? value([x, y]) }
    }

    func panel(withArrows: Bool) -> Figure.Panel {
        var layers: [Figure.Layer] = [.contours(Figure.Contours(grid()))]
        if withArrows { layers.insert(.arrows(Figure.Arrows(name: "gradient", arrows())), at: 0) }
        return Figure.Panel(
            layers, x: Figure.Axis(names.x, range: ranges.x), y: Figure.Axis(names.y, range: ranges.y))
    }

    private func arrows() -> [Figure.Arrows.Arrow] {
        let steps = 20
        func places(_ range: ClosedRange<Double>) -> [Double] {
            (0..<steps).map {
                range.lowerBound + (Double($0) + 0.5) / Double(steps) * (range.upperBound - range.lowerBound)
            }
        }
        return places(ranges.x).flatMap { x in
            places(ranges.y).compactMap { y in
                guard let dx = try? slopes[0]([x, y]), let dy = try? slopes[1]([x, y]) else { return nil }
                return Figure.Arrows.Arrow(x: x, y: y, dx: dx, dy: dy)
            }
        }
    }
}
