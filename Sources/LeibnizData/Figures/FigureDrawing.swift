extension Figure {
    /// The figure with every number in its place.
    func drawing() -> Drawing {
        var drawing = Drawing(width: width, height: height)
        drawing.marks.append(.area(Frame(left: 0, top: 0, right: width, bottom: height).corners, color: .white))
        var top = 8.0
        if !title.isEmpty {
            drawing.marks.append(.text(.init(string: title, spot: Spot(x: width / 2, y: 24), size: 16)))
            top = 32
        }
        let rows = (panels.count + columns - 1) / columns
        let cell = (width: width / Double(columns), height: (height - top) / Double(max(1, rows)))
        for (number, panel) in panels.enumerated() {
            let left = Double(number % columns) * cell.width, upper = top + Double(number / columns) * cell.height
            let frame = Frame(left: left, top: upper, right: left + cell.width, bottom: upper + cell.height)
            PanelDrawing(panel, in: frame).draw(into: &drawing)
        }
        return drawing
    }
}

extension Frame {
    /// The four corners in order.
    var corners: [Spot] {
        [Spot(x: left, y: top), Spot(x: right, y: top), Spot(x: right, y: bottom), Spot(x: left, y: bottom)]
    }
}

/// A panel's place on paper: its frame without labels, and the maps from numbers to lengths.
struct PanelDrawing {
    let panel: Figure.Panel
    /// Where layers are drawn.
    let plot: Frame
    let x: AxisMap
    let y: AxisMap
    /// What is drawn by colour, which a bar explains.
    private let scale: ColorScale?

    private static let (labelSize, tickSize) = (13.0, 11.0)

    init(_ panel: Figure.Panel, in cell: Frame) {
        self.panel = panel
        scale = panel.layers.lazy.compactMap(\.colorScale).first
        let extent = panel.extent
        let (rangeX, rangeY) = (
            panel.x.shown(extent.x, padded: extent.isPadded), panel.y.shown(extent.y, padded: extent.isPadded)
        )
        var plot = cell
        plot.top += panel.title.isEmpty ? 10 : 26
        if panel.hasAxes {
            let ticks = Ticks(rangeY, panel.y.scale, count: max(2, Int(cell.height / 55)))
            let longest = (panel.y.names.isEmpty ? ticks.labels : panel.y.names).map {
                StrokeFont.width(of: $0, size: Self.tickSize)
            }
            plot.left += 18 + (longest.max() ?? 0) + (panel.y.label.isEmpty ? 0 : 20)
            plot.bottom -= 28 + (panel.x.label.isEmpty ? 0 : 18)
            // Half of the last mark's number may stand beyond the frame.
            let last = Ticks(rangeX, panel.x.scale, count: max(2, Int(cell.width / 80))).labels.last ?? ""
            plot.right -= max(16, StrokeFont.width(of: last, size: Self.tickSize) / 2 + 6)
        } else {
            plot.left += 6
            plot.right -= 6
            plot.bottom -= 6
        }
        if scale != nil && panel.hasAxes { plot.right -= 62 }
        if panel.hasEqualUnits {
            let (w, h) = (rangeX.upperBound - rangeX.lowerBound, rangeY.upperBound - rangeY.lowerBound)
            let unit = min(plot.width / w, plot.height / h)
            let (spareX, spareY) = (plot.width - unit * w, plot.height - unit * h)
            plot.left += spareX / 2
            plot.right -= spareX / 2
            plot.top += spareY / 2
            plot.bottom -= spareY / 2
        }
        self.plot = plot
        x = AxisMap(rangeX, panel.x.scale, from: plot.left, to: plot.right)
        y = AxisMap(rangeY, panel.y.scale, from: plot.bottom, to: plot.top)
    }

    func draw(into drawing: inout Drawing) {
        if !panel.title.isEmpty {
            let spot = Spot(x: (plot.left + plot.right) / 2, y: plot.top - 9)
            drawing.marks.append(.text(.init(string: panel.title, spot: spot, size: 13)))
        }
        if panel.hasAxes { drawGrid(into: &drawing) }
        var colors = 0
        for layer in panel.layers {
            drawing.marks += marks(of: layer, color: Color.palette[colors % Color.palette.count])
            if layer.takesColor { colors += 1 }
        }
        guard panel.hasAxes else { return }
        drawFrame(into: &drawing)
        drawLegend(into: &drawing)
        if let scale { drawScale(scale, into: &drawing) }
    }

    /// The axes' marks and the lines that continue them.
    private func drawGrid(into drawing: inout Drawing) {
        let pale = Color(0xE3E3E3)
        for value in ticksX.values where panel.x.names.isEmpty {
            guard let place = x.place(value) else { continue }
            let line = [Spot(x: place, y: plot.top), Spot(x: place, y: plot.bottom)]
            drawing.marks.append(.line(line, width: 0.7, color: pale, isDashed: false))
        }
        for value in ticksY.values where panel.y.names.isEmpty {
            guard let place = y.place(value) else { continue }
            let line = [Spot(x: plot.left, y: place), Spot(x: plot.right, y: place)]
            drawing.marks.append(.line(line, width: 0.7, color: pale, isDashed: false))
        }
    }

    private var ticksX: Ticks { Ticks(x.range, panel.x.scale, count: max(2, Int(plot.width / 75))) }
    private var ticksY: Ticks { Ticks(y.range, panel.y.scale, count: max(2, Int(plot.height / 50))) }

    private func drawFrame(into drawing: inout Drawing) {
        let dark = Color(0x4D4D4D)
        drawing.marks.append(.line(plot.corners + [plot.corners[0]], width: 1, color: dark, isDashed: false))
        func tick(_ from: Spot, _ to: Spot) {
            drawing.marks.append(.line([from, to], width: 1, color: dark, isDashed: false))
        }
        let (ticksX, ticksY) = (ticksX, ticksY)
        let namedX = panel.x.names.isEmpty ? ticksX.values : panel.x.names.indices.map(Double.init)
        for (value, label) in zip(namedX, panel.x.names.isEmpty ? ticksX.labels : panel.x.names) {
            guard let place = x.place(value) else { continue }
            tick(Spot(x: place, y: plot.bottom), Spot(x: place, y: plot.bottom + 5))
            let spot = Spot(x: place, y: plot.bottom + 18)
            drawing.marks.append(.text(.init(string: label, spot: spot, size: Self.tickSize)))
        }
        for value in ticksX.minor {
            guard let place = x.place(value) else { continue }
            tick(Spot(x: place, y: plot.bottom), Spot(x: place, y: plot.bottom + 3))
        }
        let namedY = panel.y.names.isEmpty ? ticksY.values : panel.y.names.indices.map(Double.init)
        for (value, label) in zip(namedY, panel.y.names.isEmpty ? ticksY.labels : panel.y.names) {
            guard let place = y.place(value) else { continue }
            tick(Spot(x: plot.left - 5, y: place), Spot(x: plot.left, y: place))
            let spot = Spot(x: plot.left - 8, y: place + 4)
            drawing.marks.append(.text(.init(string: label, spot: spot, size: Self.tickSize, anchor: .end)))
        }
        for value in ticksY.minor {
            guard let place = y.place(value) else { continue }
            tick(Spot(x: plot.left - 3, y: place), Spot(x: plot.left, y: place))
        }
        if !panel.x.label.isEmpty {
            let spot = Spot(x: (plot.left + plot.right) / 2, y: plot.bottom + 37)
            drawing.marks.append(.text(.init(string: panel.x.label, spot: spot, size: Self.labelSize)))
        }
        if !panel.y.label.isEmpty {
            let names = panel.y.names.isEmpty ? ticksY.labels : panel.y.names
            let longest = names.map { StrokeFont.width(of: $0, size: Self.tickSize) }.max() ?? 0
            let spot = Spot(x: plot.left - 18 - longest, y: (plot.top + plot.bottom) / 2)
            drawing.marks.append(
                .text(.init(string: panel.y.label, spot: spot, size: Self.labelSize, isUpright: true)))
        }
    }

    /// The width that a text may need: who shows an SVG chooses the font, and some are wider than ours.
    private static func roomyWidth(of text: String, size: Double) -> Double {
        max(StrokeFont.width(of: text, size: size), 0.6 * size * Double(text.count))
    }

    /// Names of layers, in the corner where the fewest points are.
    private func drawLegend(into drawing: inout Drawing) {
        var colors = 0
        var entries: [(name: String, color: Color, layer: Figure.Layer)] = []
        for layer in panel.layers {
            let color = layer.color ?? Color.palette[colors % Color.palette.count]
            if layer.takesColor { colors += 1 }
            if !layer.name.isEmpty { entries.append((layer.name, color, layer)) }
        }
        guard !entries.isEmpty else { return }
        let size = 12.0, lineHeight = 18.0
        let width = 50 + (entries.map { Self.roomyWidth(of: $0.name, size: size) }.max() ?? 0)
        let height = lineHeight * Double(entries.count) + 8
        let spots = panel.layers.flatMap { layer in
            layer.points.compactMap { point in spot(point.x, point.y) }
        }
        let corners = [(true, true), (false, true), (true, false), (false, false)].map { isRight, isTop in
            let left = isRight ? plot.right - width - 8 : plot.left + 8
            let top = isTop ? plot.top + 8 : plot.bottom - height - 8
            return Frame(left: left, top: top, right: left + width, bottom: top + height)
        }
        let crowds = corners.map { corner in spots.count { corner.contains($0) } }
        let best = crowds.indices.min { crowds[$0] < crowds[$1] } ?? 0
        let box = corners[best]
        drawing.marks.append(.area(box.corners, color: .white))
        drawing.marks.append(
            .line(box.corners + [box.corners[0]], width: 0.8, color: Color(0xBFBFBF), isDashed: false))
        for (row, entry) in entries.enumerated() {
            let y = box.top + 4 + lineHeight * (Double(row) + 0.5)
            drawing.marks += entry.layer.sample(from: box.left + 8, to: box.left + 32, at: y, entry.color)
            let spot = Spot(x: box.left + 38, y: y + 4)
            drawing.marks.append(.text(.init(string: entry.name, spot: spot, size: size, anchor: .start)))
        }
    }

    /// What colours stand for.
    private func drawScale(_ scale: ColorScale, into drawing: inout Drawing) {
        let bar = Frame(left: plot.right + 10, top: plot.top, right: plot.right + 24, bottom: plot.bottom)
        drawing.marks.append(.cells(bar, columns: 1, rows: scale.colors.count, scale.colors))
        drawing.marks.append(
            .line(bar.corners + [bar.corners[0]], width: 0.8, color: Color(0x4D4D4D), isDashed: false))
        for (share, label) in scale.marks(bar.height) {
            let spot = Spot(x: bar.right + 5, y: bar.bottom - share * bar.height + 4)
            drawing.marks.append(.text(.init(string: label, spot: spot, size: Self.tickSize, anchor: .start)))
        }
        if !scale.label.isEmpty {
            let spot = Spot(x: (bar.left + bar.right) / 2 + 12, y: bar.bottom + 18)
            drawing.marks.append(.text(.init(string: scale.label, spot: spot, size: Self.tickSize)))
        }
    }

    /// The place of a point, within the panel or not; `nil` where it has none.
    func spot(_ x: Double, _ y: Double) -> Spot? {
        guard let left = self.x.place(x), let top = self.y.place(y) else { return nil }
        return Spot(x: left, y: top)
    }
}

/// The map from the numbers of an axis to lengths on paper.
struct AxisMap {
    let range: ClosedRange<Double>
    private let scale: Figure.Axis.Scale
    private let (start, end): (Double, Double)

    init(_ range: ClosedRange<Double>, _ scale: Figure.Axis.Scale, from start: Double, to end: Double) {
        (self.range, self.scale, self.start, self.end) = (range, scale, start, end)
    }

    /// Where a number stands; far ones not further than can be drawn. `nil` for NaN, and for what has no logarithm.
    func place(_ value: Double) -> Double? {
        let share =
            switch scale {
            case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
            case .logarithmic:
                // Differences of logarithms: quotients of such numbers may be out of range.
                value > 0
                    ? (log(value) - log(range.lowerBound)) / (log(range.upperBound) - log(range.lowerBound))
                    : Double.nan
            }
        return share.isNaN ? nil : start + min(max(share, -1e4), 1e4) * (end - start)
    }
}

import func Foundation.log
