import Foundation

extension Figure.Layer {
    /// What the legend calls it.
    var name: String {
        switch self {
        case .curve(let curve): curve.name
        case .points(let points): points.name
        case .bars(let bars): bars.name
        case .arrows(let arrows): arrows.name
        case .heatMap, .contours, .image: ""
        }
    }

    /// The colour that was chosen for it.
    var color: Color? {
        switch self {
        case .curve(let curve): curve.color
        case .points(let points): points.color
        case .bars(let bars): bars.color
        case .arrows(let arrows): arrows.color
        case .heatMap, .contours, .image: nil
        }
    }

    /// Whether it takes the next colour of the palette.
    var takesColor: Bool {
        switch self {
        case .curve, .points, .bars: color == nil
        case .heatMap, .contours, .arrows, .image: false
        }
    }

    /// Its points, as far as a legend should not cover them.
    var points: [(x: Double, y: Double)] {
        switch self {
        case .curve(let curve): curve.points
        case .points(let points): points.points
        case .bars(let bars): bars.heights.enumerated().map { (Double($0), $1) }
        case .heatMap, .contours, .arrows, .image: []
        }
    }

    /// What its colours stand for.
    var colorScale: ColorScale? {
        switch self {
        case .heatMap(let heatMap):
            (heatMap.range ?? heatMap.grid.range).map { ColorScale(heatMap.map, $0, label: heatMap.label) }
        case .contours(let contours): ColorScale(contours)
        case .curve, .points, .bars, .arrows, .image: nil
        }
    }

    /// Its sign in the legend.
    func sample(from left: Double, to right: Double, at y: Double, _ color: Color) -> [Drawing.Mark] {
        let middle = Spot(x: (left + right) / 2, y: y)
        let ends = [Spot(x: left, y: y), Spot(x: right, y: y)]
        switch self {
        case .curve(let curve):
            let line = Drawing.Mark.line(ends, width: curve.lineWidth, color: color, isDashed: curve.isDashed)
            return curve.hasMarks ? [line, .disc(middle, radius: 2.5, color: color)] : [line]
        case .points(let points): return [.disc(middle, radius: points.radius, color: color)]
        case .bars:
            return [.area(Frame(left: left + 4, top: y - 5, right: right - 4, bottom: y + 5).corners, color: color)]
        case .arrows: return Figure.Arrows.marks(from: ends[0], to: ends[1], color)
        case .heatMap, .contours, .image: return []
        }
    }
}

extension PanelDrawing {
    /// The marks of a layer within the panel.
    func marks(of layer: Figure.Layer, color next: Color) -> [Drawing.Mark] {
        let color = layer.color ?? next
        switch layer {
        case .curve(let curve): return marks(of: curve, color)
        case .points(let points):
            return points.points.compactMap { spot($0.x, $0.y) }.filter(plot.contains).map {
                .disc($0, radius: points.radius, color: color)
            }
        case .bars(let bars): return marks(of: bars, color)
        case .heatMap(let heatMap): return marks(of: heatMap)
        case .contours(let contours): return marks(of: contours)
        case .arrows(let arrows): return marks(of: arrows)
        case .image(let image):
            guard image.width > 0, image.height > 0 else { return [] }
            return [.cells(plot, columns: image.width, rows: image.height, image.pixels)]
        }
    }

    private func marks(of curve: Figure.Curve, _ color: Color) -> [Drawing.Mark] {
        let spots = curve.points.map { $0.x.isFinite && $0.y.isFinite ? spot($0.x, $0.y) : nil }
        var marks = lines(spots).map {
            Drawing.Mark.line($0, width: curve.lineWidth, color: color, isDashed: curve.isDashed)
        }
        if curve.hasMarks {
            marks += spots.compactMap { $0 }.filter(plot.contains).map { .disc($0, radius: 2.5, color: color) }
        }
        return marks
    }

    /// The parts of a line within the panel; it breaks where a point has no place.
    private func lines(_ spots: [Spot?]) -> [[Spot]] {
        var lines: [[Spot]] = []
        var line: [Spot] = []
        for (a, b) in zip(spots, spots.dropFirst()) {
            guard let a, let b, let (from, to) = plot.clipped(a, b) else {
                if line.count > 1 { lines.append(line) }
                line = []
                continue
            }
            if line.last != from {
                if line.count > 1 { lines.append(line) }
                line = [from]
            }
            line.append(to)
        }
        if line.count > 1 { lines.append(line) }
        return lines
    }

    private func marks(of bars: Figure.Bars, _ color: Color) -> [Drawing.Mark] {
        // Layers of bars stand beside each other within the width of one place.
        let all = panel.layers.compactMap { if case .bars(let bars) = $0 { bars } else { nil } }
        let count = Double(max(1, all.count))
        let place = Double(all.firstIndex { $0.name == bars.name && $0.heights == bars.heights } ?? 0)
        let base = min(
            max(y.place(panel.y.scale == .linear ? 0 : y.range.lowerBound) ?? plot.bottom, plot.top), plot.bottom)
        return bars.heights.enumerated().compactMap { number, height in
            let from = Double(number) - 0.4 + 0.8 * place / count
            guard let left = x.place(from), let right = x.place(from + 0.8 / count), let top = y.place(height) else {
                return nil
            }
            let within = min(max(top, plot.top), plot.bottom)
            guard right > plot.left, left < plot.right else { return nil }
            let frame = Frame(
                left: max(left, plot.left), top: min(within, base), right: min(right, plot.right),
                bottom: max(within, base))
            return .area(frame.corners, color: color)
        }
    }

    /// A cell for each value; on axes that are not linear or evenly spaced a rectangle each.
    private func marks(of heatMap: Figure.HeatMap) -> [Drawing.Mark] {
        let grid = heatMap.grid
        guard let range = heatMap.range ?? grid.range, !grid.x.isEmpty, !grid.y.isEmpty else { return [] }
        let (columns, rows) = (Figure.Grid.borders(grid.x), Figure.Grid.borders(grid.y))
        if let frame = evenFrame(columns, rows) {
            let colors = grid.y.indices.reversed().flatMap { row in
                grid.x.indices.map { heatMap.map.color(grid.values[row * grid.x.count + $0], in: range) }
            }
            return [.cells(frame, columns: grid.x.count, rows: grid.y.count, colors)]
        }
        var marks: [Drawing.Mark] = []
        for row in grid.y.indices {
            for column in grid.x.indices {
                guard let a = spot(columns[column], rows[row]), let b = spot(columns[column + 1], rows[row + 1]) else {
                    continue
                }
                let frame = Frame(
                    left: max(min(a.x, b.x), plot.left), top: max(min(a.y, b.y), plot.top),
                    right: min(max(a.x, b.x), plot.right), bottom: min(max(a.y, b.y), plot.bottom))
                guard frame.width > 0, frame.height > 0 else { continue }
                let color = heatMap.map.color(grid.values[row * grid.x.count + column], in: range)
                marks.append(.cells(frame, columns: 1, rows: 1, [color]))
            }
        }
        return marks
    }

    /// Where cells with these borders lie if all are equally large on paper, and none is outside the plot.
    private func evenFrame(_ columns: [Double], _ rows: [Double]) -> Frame? {
        let tolerance = 0.01
        func isEven(_ places: [Double?]) -> Bool {
            guard let first = places.first ?? nil, let last = places.last ?? nil else { return false }
            let step = (last - first) / Double(places.count - 1)
            return places.enumerated().allSatisfy { number, place in
                place.map { abs($0 - first - step * Double(number)) < tolerance } ?? false
            }
        }
        guard isEven(columns.map(x.place)), isEven(rows.map(y.place)), let low = spot(columns[0], rows[0]),
            let high = spot(columns[columns.count - 1], rows[rows.count - 1]), low.x < high.x, high.y < low.y
        else { return nil }
        guard low.x > plot.left - tolerance, high.x < plot.right + tolerance, high.y > plot.top - tolerance,
            low.y < plot.bottom + tolerance
        else { return nil }
        return Frame(left: low.x, top: high.y, right: high.x, bottom: low.y)
    }

    private func marks(of contours: Figure.Contours) -> [Drawing.Mark] {
        contours.coloredLevels.flatMap { level, color in
            contours.grid.lines(at: level).flatMap { line in
                lines(line.map { spot($0.x, $0.y) }).map {
                    Drawing.Mark.line($0, width: 1.1, color: color, isDashed: false)
                }
            }
        }
    }

    private func marks(of layer: Figure.Arrows) -> [Drawing.Mark] {
        let vectors = layer.arrows.map { arrow -> (foot: Spot, dx: Double, dy: Double)? in
            guard let foot = spot(arrow.x, arrow.y), plot.contains(foot), arrow.dx.isFinite, arrow.dy.isFinite,
                let tip = spot(arrow.x + 1e-6 * arrow.dx, arrow.y + 1e-6 * arrow.dy)
            else { return nil }
            return (foot, 1e6 * (tip.x - foot.x), 1e6 * (tip.y - foot.y))
        }.compactMap { $0 }
        let longest = vectors.map { hypot($0.dx, $0.dy) }.max() ?? 0
        guard longest > 0, longest.isFinite else { return [] }
        return vectors.flatMap { foot, dx, dy -> [Drawing.Mark] in
            let length = hypot(dx, dy)
            guard length > 0 else { return [] }
            let drawn = layer.length * (length / longest).squareRoot()
            let tip = Spot(x: foot.x + drawn * dx / length, y: foot.y + drawn * dy / length)
            return plot.contains(tip) ? Figure.Arrows.marks(from: foot, to: tip, layer.color) : []
        }
    }
}

extension Figure.Arrows {
    /// A line with a head.
    fileprivate static func marks(from foot: Spot, to tip: Spot, _ color: Color) -> [Drawing.Mark] {
        let length = hypot(tip.x - foot.x, tip.y - foot.y)
        guard length > 0 else { return [] }
        let (ux, uy) = ((tip.x - foot.x) / length, (tip.y - foot.y) / length)
        let head = min(5, 0.6 * length), half = 0.4 * head
        let neck = Spot(x: tip.x - head * ux, y: tip.y - head * uy)
        let corners = [
            tip, Spot(x: neck.x - half * uy, y: neck.y + half * ux), Spot(x: neck.x + half * uy, y: neck.y - half * ux),
        ]
        return [.line([foot, neck], width: 0.9, color: color, isDashed: false), .area(corners, color: color)]
    }
}
