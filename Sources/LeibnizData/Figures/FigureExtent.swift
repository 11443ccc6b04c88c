import Foundation

extension Figure.Panel {
    /// What part of both axes the layers take up, and whether there should be room around it.
    var extent: (x: ClosedRange<Double>?, y: ClosedRange<Double>?, isPadded: Bool) {
        var (xs, ys) = ([Double](), [Double]())
        var isFilled = false
        for layer in layers {
            switch layer {
            case .curve(let curve):
                xs += curve.points.map(\.x)
                ys += curve.points.map(\.y)
            case .points(let points):
                xs += points.points.map(\.x)
                ys += points.points.map(\.y)
            case .bars(let bars):
                xs += [-0.6, Double(bars.heights.count) - 0.4]
                ys += bars.heights + (y.scale == .linear ? [0] : [])
            case .heatMap(let heatMap):
                isFilled = true
                xs += Figure.Grid.borders(heatMap.grid.x)
                ys += Figure.Grid.borders(heatMap.grid.y)
            case .contours(let contours):
                isFilled = true
                xs += contours.grid.x
                ys += contours.grid.y
            case .arrows(let arrows):
                xs += arrows.arrows.map(\.x)
                ys += arrows.arrows.map(\.y)
            case .image(let image):
                isFilled = true
                xs += [0, Double(image.width)]
                ys += [0, Double(image.height)]
            }
        }
        func range(_ values: [Double], _ axis: Figure.Axis) -> ClosedRange<Double>? {
            let shown = values.lazy.filter { $0.isFinite && (axis.scale == .linear || $0 > 0) }
            guard let low = shown.min(), let high = shown.max() else { return nil }
            return low...high
        }
        return (range(xs, x), range(ys, y), !isFilled)
    }
}

extension Figure.Axis {
    /// The part that is shown: what was asked for, else all, with room at both ends.
    func shown(_ all: ClosedRange<Double>?, padded: Bool) -> ClosedRange<Double> {
        let isLogarithmic = scale == .logarithmic
        if let range, range.lowerBound < range.upperBound, range.lowerBound.isFinite, range.upperBound.isFinite,
            !isLogarithmic || range.lowerBound > 0
        {
            return range
        }
        guard let all else { return isLogarithmic ? 1...10 : 0...1 }
        let (low, high) = (all.lowerBound, all.upperBound)
        if isLogarithmic {
            let room = low < high ? pow(high / low, padded ? 0.04 : 0) : 2
            return max(low / room, .leastNormalMagnitude)...min(high * room, .greatestFiniteMagnitude)
        }
        // Numbers that are equal, or nearly so in comparison with themselves, get a unit of room.
        let width = high / 2 - low / 2
        guard width > 1e-12 * max(abs(low), abs(high)), width > .leastNormalMagnitude else {
            let room = max(abs(low) * 0.1, low == 0 ? 1 : .leastNormalMagnitude)
            return low - room...high + room
        }
        let room = padded ? 0.08 * width : 0
        return max(low - room, -.greatestFiniteMagnitude / 4)...min(high + room, .greatestFiniteMagnitude / 4)
    }
}
