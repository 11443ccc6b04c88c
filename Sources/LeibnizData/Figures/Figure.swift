/// A picture of numbers: one or more panels with axes, written as SVG or PNG.
///
/// ```swift
/// let wave = Figure.Curve(name: "sin x", from: 0, to: 6.3) { sin($0) }
/// let figure = Figure(Figure.Panel([.curve(wave)], x: Figure.Axis("x"), y: Figure.Axis("sin x")))
/// try figure.write(to: "wave.svg")
/// ```
public struct Figure: Sendable {
    /// What stands above all panels.
    public var title: String
    /// The panels, row by row.
    public var panels: [Panel]
    /// The number of panels in a row.
    public var columns: Int
    /// The width in points, of which SVG makes pixels.
    public var width: Double
    /// The height in points.
    public var height: Double

    /// A figure of panels.
    ///
    /// - Parameters:
    ///   - columns: the number of panels in a row; 1 by default.
    ///   - width: 640 points by default, at least 100.
    ///   - height: 440 points by default, at least 100.
    public init(_ panels: Panel..., title: String = "", columns: Int = 1, width: Double = 640, height: Double = 440) {
        self.init(panels: panels, title: title, columns: columns, width: width, height: height)
    }

    /// A figure of an array of panels.
    public init(panels: [Panel], title: String = "", columns: Int = 1, width: Double = 640, height: Double = 440) {
        (self.panels, self.title, self.columns) = (panels, title, max(1, columns))
        (self.width, self.height) = (max(100, width), max(100, height))
    }

    /// Layers that share two axes.
    public struct Panel: Sendable {
        /// What stands above the panel.
        public var title: String
        /// What is drawn, one above the other.
        public var layers: [Layer]
        /// The horizontal axis.
        public var x: Axis
        /// The vertical axis.
        public var y: Axis
        /// Whether a unit is as long on both axes.
        public var hasEqualUnits: Bool
        /// Whether axes and grid are drawn.
        public var hasAxes: Bool

        /// A panel; axes are drawn by default, and fill it.
        public init(
            _ layers: [Layer], title: String = "", x: Axis = Axis(), y: Axis = Axis(), hasEqualUnits: Bool = false,
            hasAxes: Bool = true
        ) {
            (self.layers, self.title, self.x, self.y) = (layers, title, x, y)
            (self.hasEqualUnits, self.hasAxes) = (hasEqualUnits, hasAxes)
        }

        /// A picture without axes, such as one of a grid of images.
        public init(_ image: Image, title: String = "") {
            self.init([.image(image)], title: title, hasEqualUnits: true, hasAxes: false)
        }
    }

    /// One of a panel's two axes.
    public struct Axis: Sendable {
        /// How numbers become lengths.
        public enum Scale: Sendable {
            case linear
            /// Lengths are proportional to logarithms; only numbers above 0 have a place.
            case logarithmic
        }

        /// What the numbers mean.
        public var label: String
        /// How numbers become lengths.
        public var scale: Scale
        /// What part is shown; all by default.
        public var range: ClosedRange<Double>?
        /// Names at 0, 1, 2, … in the place of numbers.
        public var names: [String]

        /// An axis, linear by default.
        public init(
            _ label: String = "", scale: Scale = .linear, range: ClosedRange<Double>? = nil, names: [String] = []
        ) {
            (self.label, self.scale, self.range, self.names) = (label, scale, range, names)
        }
    }

    /// One thing that is drawn in a panel.
    public enum Layer: Sendable {
        case curve(Curve)
        case points(Points)
        case bars(Bars)
        case heatMap(HeatMap)
        case contours(Contours)
        case arrows(Arrows)
        case image(Image)
    }
}
