import Foundation

extension Figure {
    /// Points joined by lines; the line breaks where a number is not finite.
    public struct Curve: Sendable {
        /// What the legend calls it; not named by default.
        public var name: String
        /// The points, in the order in which they are joined.
        public var points: [(x: Double, y: Double)]
        /// The next of the palette by default.
        public var color: Color?
        /// The line's width in points.
        public var lineWidth: Double
        /// Whether the line is dashed.
        public var isDashed: Bool
        /// Whether each point is marked by a disc.
        public var hasMarks: Bool

        /// A line through points.
        public init(
            name: String = "", _ points: [(x: Double, y: Double)], color: Color? = nil, lineWidth: Double = 1.8,
            isDashed: Bool = false, hasMarks: Bool = false
        ) {
            (self.name, self.points, self.color) = (name, points, color)
            (self.lineWidth, self.isDashed, self.hasMarks) = (lineWidth, isDashed, hasMarks)
        }
    }

    /// Discs, not joined.
    public struct Points: Sendable {
        /// What the legend calls them.
        public var name: String
        /// The discs' centres.
        public var points: [(x: Double, y: Double)]
        /// The next of the palette by default.
        public var color: Color?
        /// In points.
        public var radius: Double

        /// Discs of a radius of 3 points by default.
        public init(name: String = "", _ points: [(x: Double, y: Double)], color: Color? = nil, radius: Double = 3) {
            (self.name, self.points, self.color, self.radius) = (name, points, color, radius)
        }
    }

    /// Bars from zero, the first at 0, the next at 1, and so on; several such layers stand beside each other.
    public struct Bars: Sendable {
        /// What the legend calls them.
        public var name: String
        /// The bars' heights.
        public var heights: [Double]
        /// The next of the palette by default.
        public var color: Color?

        /// Bars; give the axis names for what they stand for.
        public init(name: String = "", _ heights: [Double], color: Color? = nil) {
            (self.name, self.heights, self.color) = (name, heights, color)
        }
    }

    /// Values on a rectangular grid.
    public struct Grid: Sendable {
        /// The columns' places, increasing.
        public var x: [Double]
        /// The rows' places, increasing.
        public var y: [Double]
        /// The value at y[row], x[column] is `values[row * x.count + column]`.
        public var values: [Double]

        /// A grid; missing values are NaN.
        public init(x: [Double], y: [Double], values: [Double]) {
            (self.x, self.y) = (x, y)
            self.values = values + Array(repeating: .nan, count: max(0, x.count * y.count - values.count))
        }

        /// The values of a function of two numbers at `count` × `count` points; NaN where it has none.
        public init(
            x: ClosedRange<Double>, y: ClosedRange<Double>, count: Int = 161, of f: (Double, Double) -> Double?
        ) {
            let steps = max(2, count)
            func places(_ range: ClosedRange<Double>) -> [Double] {
                (0..<steps).map { place in
                    let share = Double(place) / Double(steps - 1)
                    return range.lowerBound * (1 - share) + range.upperBound * share
                }
            }
            let (columns, rows) = (places(x), places(y))
            self.init(
                x: columns, y: rows, values: rows.flatMap { y in columns.map { x in f(x, y) ?? .nan } })
        }

        /// Where cells around places end: in the middle between two, and as far outside of the first and the last.
        static func borders(_ places: [Double]) -> [Double] {
            guard let first = places.first, let last = places.last else { return [] }
            let inner = zip(places, places.dropFirst()).map { ($0 + $1) / 2 }
            let half = inner.first.map { $0 - first } ?? 0.5
            let end = inner.last.map { last - $0 } ?? 0.5
            return [first - half] + inner + [last + end]
        }

        /// The least and the greatest finite value.
        var range: ClosedRange<Double>? {
            let finite = values.lazy.filter(\.isFinite)
            guard let low = finite.min(), let high = finite.max() else { return nil }
            return low...high
        }
    }

    /// Values as colours.
    public struct HeatMap: Sendable {
        /// The values.
        public var grid: Grid
        /// What the colours stand for.
        public var label: String
        /// How values become colours.
        public var map: ColorMap
        /// The values at the ends of the colours; the least and greatest by default.
        public var range: ClosedRange<Double>?

        /// A heat map.
        public init(_ grid: Grid, label: String = "", map: ColorMap = .viridis, range: ClosedRange<Double>? = nil) {
            (self.grid, self.label, self.map, self.range) = (grid, label, map, range)
        }
    }

    /// Lines along which the values of a grid are equal.
    public struct Contours: Sendable {
        /// The values.
        public var grid: Grid
        /// The values of the lines; chosen from the grid by default.
        public var levels: [Double]
        /// How values become colours.
        public var map: ColorMap

        /// Contour lines.
        ///
        /// - Parameter levels: by default some fifteen, closer where the values are close: at their quantiles.
        public init(_ grid: Grid, levels: [Double]? = nil, map: ColorMap = .viridis) {
            (self.grid, self.map) = (grid, map)
            self.levels = levels ?? grid.quantiles(15)
        }
    }

    /// Arrows such as those of a gradient's field.
    public struct Arrows: Sendable {
        /// An arrow's foot and its direction.
        public struct Arrow: Sendable {
            /// The foot.
            public var x, y: Double
            /// The direction; its length is measured in the axes' units.
            public var dx, dy: Double
            /// An arrow.
            public init(x: Double, y: Double, dx: Double, dy: Double) {
                (self.x, self.y, self.dx, self.dy) = (x, y, dx, dy)
            }
        }

        /// What the legend calls them.
        public var name: String
        /// The arrows.
        public var arrows: [Arrow]
        /// A grey by default.
        public var color: Color
        /// The length of the longest, in points.
        public var length: Double

        /// Arrows, the longest 16 points long by default. The others are shortened by the square root of the ratio of their
        /// lengths, so that the direction of short ones is still seen.
        public init(name: String = "", _ arrows: [Arrow], color: Color = Color(0x7F7F7F), length: Double = 16) {
            (self.name, self.arrows, self.color, self.length) = (name, arrows, color, length)
        }
    }

    /// Pixels.
    public struct Image: Sendable {
        /// The number of pixels in a row.
        public var width: Int
        /// The number of rows.
        public var height: Int
        /// Row by row from the top; pixels that are missing are white.
        public var pixels: [Color]

        /// An image of colours.
        public init(width: Int, height: Int, pixels: [Color]) {
            (self.width, self.height) = (max(0, width), max(0, height))
            self.pixels = pixels + Array(repeating: .white, count: max(0, self.width * self.height - pixels.count))
        }

        /// An image of numbers, coloured by a map from the least to the greatest or through a range of choice.
        public init(
            width: Int, height: Int, values: [Double], map: ColorMap = .gray, range: ClosedRange<Double>? = nil
        ) {
            let range = range ?? Grid(x: [], y: [], values: values).range ?? 0...1
            self.init(width: width, height: height, pixels: values.map { map.color($0, in: range) })
        }
    }
}

extension Figure.Grid {
    /// `count` values that cut the sorted finite values of the grid into parts of about one size.
    func quantiles(_ count: Int) -> [Double] {
        let sorted = values.filter(\.isFinite).sorted()
        guard let first = sorted.first, let last = sorted.last, first < last else { return [] }
        var levels: [Double] = []
        for number in 1...count {
            // The square brings lines to where the values are least, which is what one looks for.
            let share = Double(number) / Double(count + 1)
            let value = sorted[Int(share * share * Double(sorted.count - 1))]
            if value > levels.last ?? first { levels.append(value) }
        }
        return levels
    }
}
