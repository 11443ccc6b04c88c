/// The bar beside a panel that explains what is drawn by colour.
struct ColorScale {
    /// The colours from the bar's top downwards, each of the same height.
    let colors: [Color]
    let label: String
    /// Marks at shares of a bar of some height, from its foot upwards.
    let marks: @Sendable (_ height: Double) -> [(share: Double, label: String)]

    /// Every colour of a map's range.
    init(_ map: ColorMap, _ range: ClosedRange<Double>, label: String) {
        let steps = 64
        colors = (0..<steps).map { map.color(1 - (Double($0) + 0.5) / Double(steps), in: 0...1) }
        self.label = label
        marks = { height in
            let axis = AxisMap(range, .linear, from: 0, to: 1)
            let ticks = Ticks(range, .linear, count: max(2, Int(height / 60)))
            return zip(ticks.values, ticks.labels).compactMap { value, label in
                axis.place(value).map { (share: $0, label: label) }
            }
        }
    }

    /// One colour for each line of equal values. `nil` without lines.
    init?(_ contours: Figure.Contours) {
        let levels = contours.coloredLevels
        if levels.isEmpty { return nil }
        colors = levels.reversed().map(\.color)
        label = ""
        marks = { height in
            let step = max(1, Int((18 * Double(levels.count) / max(1, height)).rounded(.up)))
            return stride(from: 0, to: levels.count, by: step).map {
                ((Double($0) + 0.5) / Double(levels.count), Ticks.written(levels[$0].value, digits: 3))
            }
        }
    }
}

extension Figure.Contours {
    /// The levels in order with their colours. They are told apart by their order: their distances may span powers of ten. The palest
    /// end of the map is left out.
    var coloredLevels: [(value: Double, color: Color)] {
        let sorted = levels.sorted()
        guard let least = sorted.first, let greatest = sorted.last else { return [] }
        let count = Double(max(1, sorted.count - 1))
        return sorted.enumerated().map { number, level in
            (level, map.color(least < greatest ? 0.9 * Double(number) / count : 0.45, in: 0...1))
        }
    }
}
