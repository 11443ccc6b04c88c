import Foundation

/// Pixels that lines and areas are painted on, with edges that are smoothed by how much of a pixel they cover.
struct Raster {
    let width: Int
    let height: Int
    /// Red, green and blue of each pixel, row by row from the top.
    private(set) var pixels: [UInt8]
    private let scale: Double

    /// White paper for a drawing.
    ///
    /// - Parameter scale: pixels for each point.
    init(_ drawing: Drawing, scale: Double) {
        width = max(1, Int((drawing.width * scale).rounded(.up)))
        height = max(1, Int((drawing.height * scale).rounded(.up)))
        pixels = [UInt8](repeating: 255, count: 3 * width * height)
        self.scale = scale
        for mark in drawing.marks { paint(mark) }
    }

    private mutating func paint(_ mark: Drawing.Mark) {
        switch mark {
        case .line(let spots, let width, let color, let isDashed):
            let lines = isDashed ? Self.dashes(spots, on: 6, off: 4) : [spots]
            for line in lines { stroke(line, width: width, color) }
        case .area(let spots, let color): fill(spots, color)
        case .disc(let spot, let radius, let color): stroke([spot, spot], width: 2 * radius, color)
        case .text(let text):
            for line in StrokeFont.lines(of: text) { stroke(line, width: max(1, text.size / 11), text.color) }
        case .cells(let frame, let columns, let rows, let colors):
            paint(frame, columns, rows, colors)
        }
    }

    /// Paints all that is nearer than half the width to a line: with round ends and corners.
    private mutating func stroke(_ spots: [Spot], width lineWidth: Double, _ color: Color) {
        let line = spots.map { Spot(x: $0.x * scale, y: $0.y * scale) }
        let half = max(0.35, lineWidth * scale / 2), reach = half + 0.5
        guard let left = line.map(\.x).min(), let right = line.map(\.x).max(), let top = line.map(\.y).min(),
            let bottom = line.map(\.y).max()
        else { return }
        guard let columns = Self.cells(left - reach, right + reach, width),
            let rows = Self.cells(top - reach, bottom + reach, height)
        else { return }
        // A pixel is covered by what of the line covers it most, not once by each segment.
        var coverage = [Float](repeating: 0, count: columns.count * rows.count)
        for (a, b) in zip(line, line.dropFirst()) {
            guard let segmentRows = Self.cells(min(a.y, b.y) - reach, max(a.y, b.y) + reach, height) else { continue }
            let (dx, dy) = (b.x - a.x, b.y - a.y), square = dx * dx + dy * dy
            for row in segmentRows {
                let y = Double(row) + 0.5
                // The part of the segment that is near this row, by its ends.
                var (from, to) = (0.0, 1.0)
                if abs(dy) > 1e-9 {
                    let ends = [(y - reach - a.y) / dy, (y + reach - a.y) / dy].sorted()
                    (from, to) = (min(max(ends[0], 0), 1), min(max(ends[1], 0), 1))
                }
                let ends = [a.x + from * dx, a.x + to * dx].sorted()
                guard let segmentColumns = Self.cells(ends[0] - reach, ends[1] + reach, width) else { continue }
                for column in segmentColumns {
                    let x = Double(column) + 0.5
                    let share = square > 0 ? min(max(((x - a.x) * dx + (y - a.y) * dy) / square, 0), 1) : 0
                    let distance = hypot(x - a.x - share * dx, y - a.y - share * dy)
                    let covered = Float(min(max(half + 0.5 - distance, 0), 1))
                    let place = (row - rows.lowerBound) * columns.count + column - columns.lowerBound
                    coverage[place] = max(coverage[place], covered)
                }
            }
        }
        blend(color, coverage, columns, rows)
    }

    /// Paints the inside of a polygon, each pixel by the area of it that lies within.
    private mutating func fill(_ spots: [Spot], _ color: Color) {
        let corners = spots.map { Spot(x: $0.x * scale, y: $0.y * scale) }
        guard let left = corners.map(\.x).min(), let right = corners.map(\.x).max(), let top = corners.map(\.y).min(),
            let bottom = corners.map(\.y).max(), let columns = Self.cells(left, right, width),
            let rows = Self.cells(top, bottom, height)
        else { return }
        var coverage = [Float](repeating: 0, count: columns.count * rows.count)
        /// So many lines of samples run through each row of pixels; along them, areas are exact.
        let samples = 8
        for row in rows {
            for sample in 0..<samples {
                let y = Double(row) + (Double(sample) + 0.5) / Double(samples)
                var crossings: [Double] = []
                for (a, b) in zip(corners, corners.dropFirst() + [corners[0]]) where (a.y <= y) != (b.y <= y) {
                    crossings.append(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
                }
                crossings.sort()
                for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                    guard let inside = Self.cells(crossings[pair], crossings[pair + 1], width) else { continue }
                    for column in inside {
                        let covered =
                            min(crossings[pair + 1], Double(column + 1)) - max(crossings[pair], Double(column))
                        let place = (row - rows.lowerBound) * columns.count + column - columns.lowerBound
                        coverage[place] += Float(max(0, covered) / Double(samples))
                    }
                }
            }
        }
        blend(color, coverage, columns, rows)
    }

    private mutating func paint(_ frame: Frame, _ columns: Int, _ rows: Int, _ colors: [Color]) {
        // Those whose middle lies within.
        func within(_ low: Double, _ high: Double, _ count: Int) -> Range<Int>? {
            Self.cells((low * scale - 0.5).rounded(.up), high * scale - 0.5, count)
        }
        guard let pixelRows = within(frame.top, frame.bottom, height),
            let pixelColumns = within(frame.left, frame.right, width)
        else { return }
        for row in pixelRows {
            let cellRow = Int((Double(row) + 0.5 - frame.top * scale) / (frame.height * scale) * Double(rows))
            for column in pixelColumns {
                let cell = Int((Double(column) + 0.5 - frame.left * scale) / (frame.width * scale) * Double(columns))
                let color = colors[min(max(cellRow, 0), rows - 1) * columns + min(max(cell, 0), columns - 1)]
                let place = 3 * (row * width + column)
                (pixels[place], pixels[place + 1], pixels[place + 2]) = (color.red, color.green, color.blue)
            }
        }
    }

    private mutating func blend(_ color: Color, _ coverage: [Float], _ columns: Range<Int>, _ rows: Range<Int>) {
        let parts = [color.red, color.green, color.blue].map(Float.init)
        var place = 0
        for row in rows {
            for column in columns {
                defer { place += 1 }
                let share = min(1, coverage[place])
                guard share > 0 else { continue }
                let pixel = 3 * (row * width + column)
                for part in 0..<3 {
                    let old = Float(pixels[pixel + part])
                    pixels[pixel + part] = UInt8((old + share * (parts[part] - old)).rounded())
                }
            }
        }
    }

    /// The cells that an interval touches, of those that there are; `nil` if none.
    private static func cells(_ low: Double, _ high: Double, _ count: Int) -> Range<Int>? {
        guard low.isFinite, high.isFinite, high >= 0, low <= Double(count) else { return nil }
        let first = Int(max(0, low.rounded(.down))), last = Int(min(Double(count), high.rounded(.up)))
        return first < last ? first..<last : nil
    }

    /// The parts of a line that are drawn where it is dashed.
    private static func dashes(_ spots: [Spot], on: Double, off: Double) -> [[Spot]] {
        guard let first = spots.first else { return [] }
        var (dashes, dash, isOn, left) = ([[Spot]](), [first], true, on)
        for (a, b) in zip(spots, spots.dropFirst()) {
            let length = hypot(b.x - a.x, b.y - a.y)
            var done = 0.0
            while length - done > left {
                done += left
                let spot = Spot(x: a.x + done / length * (b.x - a.x), y: a.y + done / length * (b.y - a.y))
                if isOn { dashes.append(dash + [spot]) }
                isOn.toggle()
                (dash, left) = ([spot], isOn ? on : off)
            }
            left -= length - done
            if isOn { dash.append(b) }
        }
        if isOn && dash.count > 1 { dashes.append(dash) }
        return dashes
    }
}
