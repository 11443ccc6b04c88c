import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@testable import LeibnizData

@Suite struct `Ticks of an axis` {
    @Test(arguments: [(0.0, 1.0), (-5, 5), (0.3, 0.31), (-1e-9, 2e-9), (1e6, 5e7), (-12345, 67890), (99.99, 100.01)])
    func `are round numbers within its range`(low: Double, high: Double) {
        for count in [3, 6, 10] {
            let ticks = Ticks(low...high, .linear, count: count)
            #expect((2...2 * count + 2).contains(ticks.values.count), "\(ticks.values)")
            #expect(ticks.values.allSatisfy { $0 >= low - 1e-9 * (high - low) && $0 <= high + 1e-9 * (high - low) })
            #expect(Set(ticks.labels).count == ticks.labels.count, "\(ticks.labels)")
            let step = ticks.values[1] - ticks.values[0]
            let digit = step / pow(10, log10(step * (1 + 1e-6)).rounded(.down))
            #expect([1, 2, 5].contains { abs(digit / $0 - 1) < 1e-4 }, "a step of \(step)")
        }
    }

    @Test func `are written as people do`() {
        #expect(Ticks(-1...1, .linear, count: 5).labels == ["−1.0", "−0.5", "0", "0.5", "1.0"])
        #expect(Ticks(0...2e7, .linear, count: 2).labels == ["0", "1·10⁷", "2·10⁷"])
        let powers = Ticks(1e-3...1e2, .logarithmic, count: 6)
        #expect(powers.labels == ["10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹", "10²"])
        #expect(powers.minor.count == 5 * 8 && powers.minor.contains(0.05))
        #expect(Ticks(1e-300...1e300, .logarithmic, count: 5).values.count < 10)
    }
}

@Suite struct `A sampled curve` {
    /// Neighbouring points that are joined, with nothing between them that should part them.
    private func joins(_ curve: Figure.Curve, across place: Double) -> Bool {
        zip(curve.points, curve.points.dropFirst()).contains {
            $0.x < place && $1.x > place && $0.y.isFinite && $1.y.isFinite
        }
    }

    @Test func `is not joined across poles and jumps`() {
        let tangent = Figure.Curve(from: -5, to: 5) { tan($0) }
        for pole in [-1.5, -0.5, 0.5, 1.5] { #expect(!joins(tangent, across: pole * .pi)) }
        #expect(!joins(Figure.Curve(from: -5, to: 5) { $0 == 0 ? nil : 1 / $0 }, across: 0))
        #expect(!joins(Figure.Curve(from: -3, to: 4) { 1 / $0 }, across: 0))
        let steps = Figure.Curve(from: -2.05, to: 2.2) { $0.rounded(.down) }
        for jump in [-1.0, 0, 1, 2] { #expect(!joins(steps, across: jump)) }
    }

    @Test func `is joined where the function is continuous`() {
        for f in [{ sin($0) }, { abs($0) }, { exp($0) }, { pow($0, 7) }, { tanh(20 * $0) }] as [(Double) -> Double] {
            let curve = Figure.Curve(from: -5, to: 5) { f($0) }
            #expect(curve.points.allSatisfy { $0.y == f($0.x) })
            #expect(curve.points.count <= 16 * 400 + 1)
            #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0.x < $1.x })
        }
    }

    @Test func `ends where the function does`() {
        let root = Figure.Curve(from: -1, to: 1) { $0 < 0 ? nil : $0.squareRoot() }
        #expect(root.points.filter { $0.x < 0 }.allSatisfy { $0.y.isNaN })
        // The end is found to a sixteenth of a step.
        #expect((root.points.first { $0.y.isFinite }?.x ?? 1) <= 2.0 / 400 / 16)
        #expect(Figure.Curve(from: 0, to: 1) { _ in nil }.usualRange == nil)
    }

    @Test func `shows its shape beside poles`() throws {
        let hyperbola = try #require(Figure.Curve(from: -5, to: 5) { 1 / $0 }.usualRange)
        #expect(hyperbola.upperBound > 2 && hyperbola.upperBound < 20 && hyperbola.lowerBound > -20)
        let wave = try #require(Figure.Curve(from: 0, to: 7) { sin($0) }.usualRange)
        #expect(abs(wave.upperBound - 1) < 1e-3 && abs(wave.lowerBound + 1) < 1e-3)
        #expect(Figure.Curve(from: 0, to: 1) { _ in 3 }.usualRange == 3...3)
    }
}

@Suite struct `Contour lines` {
    @Test func `of a paraboloid are closed circles`() throws {
        let grid = Figure.Grid(x: -2...2, y: -2...2, count: 81) { $0 * $0 + $1 * $1 }
        let lines = grid.lines(at: 1)
        #expect(lines.count == 1)
        let circle = try #require(lines.first)
        #expect(circle.count > 100 && circle.first?.x == circle.last?.x && circle.first?.y == circle.last?.y)
        // Linear interpolation errs by at most h²/8·f″ over the slope 2.
        #expect(circle.allSatisfy { abs(hypot($0.x, $0.y) - 1) < 0.05 * 0.05 / 8 })
        #expect(grid.lines(at: 9).isEmpty && grid.lines(at: -1).isEmpty)
    }

    @Test func `of a saddle part its high and low sides`() {
        let grid = Figure.Grid(x: -1...1, y: -1...1, count: 20) { $0 * $1 }
        // One hyperbola's branch in each of two quadrants.
        for level in [0.1, -0.1] {
            let lines = grid.lines(at: level)
            #expect(lines.count == 2)
            for line in lines {
                #expect(line.allSatisfy { $0.x * $0.y * level > 0 } && Set(line.map { $0.x > 0 }).count == 1)
            }
        }
        // In a single cell with alternating corners the middle decides.
        let cell = Figure.Grid(x: [0, 1], y: [0, 1], values: [1, 0, 0, 1])
        #expect(
            cell.lines(at: 0.6).allSatisfy { line in
                line.allSatisfy { $0.x + $0.y < 0.9 } || line.allSatisfy { $0.x + $0.y > 1.1 }
            })
        #expect(
            cell.lines(at: 0.4).allSatisfy { line in line.allSatisfy { $0.x > $0.y } || line.allSatisfy { $0.x < $0.y }
            })
    }

    @Test func `leave out what has no value`() {
        let grid = Figure.Grid(x: -1...1, y: -1...1, count: 41) { x, y in x < 0 ? nil : x * x + y * y }
        let lines = grid.lines(at: 0.25)
        #expect(lines.count == 1 && lines[0].allSatisfy { $0.x >= 0 && abs(hypot($0.x, $0.y) - 0.5) < 1e-2 })
    }
}

@Suite struct `A figure` {
    private static func figure(_ points: [(x: Double, y: Double)], _ scale: Figure.Axis.Scale) -> Figure {
        let values = points.map(\.y)
        let grid = Figure.Grid(x: [0, 1, 2], y: [0, 1], values: values)
        let arrows = points.map { Figure.Arrows.Arrow(x: $0.x, y: $0.y, dx: $0.y, dy: $0.x) }
        return Figure(
            Figure.Panel(
                [
                    .curve(Figure.Curve(name: "a <b> & \"c\"\u{1}", points, isDashed: true, hasMarks: true)),
                    .points(Figure.Points(points)),
                ],
                title: "λ → ∞", x: Figure.Axis("x", scale: scale), y: Figure.Axis("y", scale: scale)),
            Figure.Panel(
                [.bars(Figure.Bars(name: "one", values)), .bars(Figure.Bars(name: "two", values))],
                x: Figure.Axis(names: ["a", "b"])),
            Figure.Panel([
                .heatMap(Figure.HeatMap(grid, label: "f")), .contours(Figure.Contours(grid)),
                .arrows(Figure.Arrows(name: "g", arrows)),
            ]),
            Figure.Panel(Figure.Image(width: 3, height: 2, values: values), title: "image"),
            title: "all", columns: 2)
    }

    @Test func `a heat map's cells are whole, and the same in one piece or one by one`() {
        /// The colours of the cells and their widths, from the first row upwards.
        func cells(_ places: [Double]) -> (colors: [Color], widths: [Double]) {
            let grid = Figure.Grid(x: places, y: [0, 1], values: [0, 0.2, 0.4, 0.6, 0.8, 1])
            let drawing = Figure(Figure.Panel([.heatMap(Figure.HeatMap(grid))])).drawing()
            let areas = drawing.marks.compactMap { mark in
                if case .cells(let frame, let columns, _, let colors) = mark { (frame, columns, colors) } else { nil }
            }
            guard let (frame, columns, colors) = areas.first, columns == 3 else {
                return (areas.prefix(6).map { $0.2[0] }, areas.prefix(3).map { $0.0.width })
            }
            return (Array(colors[3...] + colors[..<3]), Array(repeating: frame.width / 3, count: 3))
        }
        let (even, uneven) = (cells([1, 2, 3]), cells([1, 2, 4]))
        #expect(even.colors == uneven.colors && Set(even.colors).count == 6)
        // 1, 1.5 and 2 between borders at 0.5, 1.5, 3 and 5.
        #expect(abs(uneven.widths[1] / uneven.widths[0] - 1.5) < 1e-6)
        #expect(abs(uneven.widths[2] / uneven.widths[0] - 2) < 1e-6)
        #expect(abs(even.widths.reduce(0, +) - uneven.widths.reduce(0, +)) < 1e-6)
    }

    private static let data: [[(x: Double, y: Double)]] = [
        [(0, 1), (1, 3), (2, 2), (3, 5), (4, 1), (5, 0)], [], [(1, 1)], [(0, 0), (0, 0)],
        [(.nan, 1), (1, .nan), (2, .infinity), (-.infinity, 3)],
        [(-1e308, 1e308), (1e308, -1e308), (0, Double.leastNonzeroMagnitude)], [(1e-300, 1e300), (1e300, 1e-300)],
        [(1e15, 1e15 + 1), (1e15 + 1, 1e15)],
        [(-1, -1), (-2, -5)],
    ]

    @Test(arguments: data.indices, [0, 1])
    func `is drawn whatever the numbers are`(index: Int, scale: Int) throws {
        let figure = Self.figure(Self.data[index], scale == 0 ? .linear : .logarithmic)
        let svg = figure.svg
        #expect(!svg.contains("nan") && !svg.contains("inf\""))
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        let image = try figure.image(scale: 0.25)
        #expect(image.width == 160 && image.height == 110 && image.channels == 3)
    }

    @Test func `has lines only within its frame`() {
        let frame = Frame(left: 10, top: 20, right: 110, bottom: 70)
        for (a, b) in [(Spot(x: -1e6, y: 40), Spot(x: 1e6, y: 60)), (Spot(x: 50, y: -1e5), Spot(x: 60, y: 1e5))] {
            let cut = frame.clipped(a, b)
            #expect(cut.map { frame.contains($0.0) && frame.contains($0.1) } == true)
        }
        #expect(frame.clipped(Spot(x: 0, y: 0), Spot(x: 5, y: 100)) == nil)
        let inside = (Spot(x: 20, y: 30), Spot(x: 30, y: 40))
        let same = frame.clipped(inside.0, inside.1)
        #expect(same?.0 == inside.0 && same?.1 == inside.1)
    }

    @Test func `refuses other names and sizes`() throws {
        #expect(throws: DataError.self) { try Self.figure([], .linear).write(to: "/tmp/figure.gif") }
        #expect(throws: DataError.self) { try Self.figure([], .linear).image(scale: 1e6) }
        #expect(throws: DataError.self) { try Self.figure([], .linear).write(to: "/no/such/folder/figure.svg") }
    }
}

@Suite struct `Colours of numbers` {
    @Test func `are shares of the range, however wide it is`() {
        for range in [0.0...4, -1e308...1e308, 5...5.000000001] {
            let middle = range.lowerBound / 2 + range.upperBound / 2
            #expect(ColorMap.gray.color(range.lowerBound, in: range) == .black)
            #expect(ColorMap.gray.color(range.upperBound, in: range) == .white)
            #expect((126...129).contains(ColorMap.gray.color(middle, in: range).red))
        }
        #expect(
            ColorMap.gray.color(.infinity, in: 0...1) == .white && ColorMap.gray.color(-.infinity, in: 0...1) == .black)
    }
}

@Suite struct `Pixels` {
    private func raster(_ marks: [Drawing.Mark]) -> Raster {
        Raster(Drawing(width: 20, height: 20, marks: marks), scale: 1)
    }

    /// How dark the picture is in all, in pixels.
    private func darkness(_ raster: Raster) -> Double {
        stride(from: 0, to: raster.pixels.count, by: 3).reduce(0) { $0 + 1 - Double(raster.pixels[$1]) / 255 }
    }

    @Test func `are as dark as they are covered`() {
        let box = Frame(left: 2.5, top: 3, right: 7.25, bottom: 9).corners
        let painted = raster([.area(box, color: .black)])
        #expect(painted.pixels[3 * (5 * 20 + 4)] == 0 && painted.pixels[3 * (5 * 20 + 2)] == 128)
        #expect(abs(darkness(painted) - 4.75 * 6) < 0.1)
        let triangle = [Spot(x: 1, y: 1), Spot(x: 17, y: 4), Spot(x: 6, y: 18)]
        #expect(abs(darkness(raster([.area(triangle, color: .black)])) - 0.5 * (16 * 17 - 5 * 3)) < 0.5)
        // A line of width 2 and length 10 with round ends; a disc.
        let line = Drawing.Mark.line([Spot(x: 5, y: 10), Spot(x: 15, y: 10)], width: 2, color: .black, isDashed: false)
        #expect(abs(darkness(raster([line])) - (20 + .pi)) < 0.6)
        #expect(abs(darkness(raster([.disc(Spot(x: 10, y: 10), radius: 6, color: .black)])) - 36 * .pi) < 1)
        // What bends does not get darker where its parts meet.
        let bent = Drawing.Mark.line(
            [Spot(x: 5, y: 10), Spot(x: 10, y: 10), Spot(x: 15, y: 10)], width: 2, color: .black, isDashed: false)
        #expect(raster([bent]).pixels == raster([line]).pixels)
    }

    @Test func `beyond the paper are left out`() {
        let far = Drawing.Mark.line(
            [Spot(x: -1e7, y: -1e7), Spot(x: 1e7, y: 1e7)], width: 1, color: .black, isDashed: false)
        // By distance alone, a diagonal's pixel and its neighbours have 1 + 2(1 − 1/√2) where its area is √2.
        #expect(abs(darkness(raster([far])) - (20 + 38 * (1 - 0.5.squareRoot()))) < 0.2)
        #expect(
            darkness(raster([.area([Spot(x: 30, y: 30), Spot(x: 40, y: 30), Spot(x: 35, y: 40)], color: .black)])) == 0)
    }

    @Test func `of cells have their colours`() {
        let cells = Drawing.Mark.cells(
            Frame(left: 4, top: 4, right: 16, bottom: 12), columns: 3, rows: 2,
            (0..<6).map { Color(red: $0 * 40, green: 0, blue: 0) })
        let painted = raster([cells])
        for (row, column) in [(5, 5), (5, 10), (5, 15), (10, 5), (11, 15)] {
            let expected = (row < 8 ? 0 : 3) + (column - 4) / 4
            #expect(painted.pixels[3 * (row * 20 + column)] == UInt8(40 * expected))
        }
        #expect(painted.pixels[3 * (3 * 20 + 5)] == 255 && painted.pixels[3 * (12 * 20 + 5)] == 255)
    }

    @Test func `of letters stay within the width that is measured`() {
        for text in ["Hamburg 0123456789", "∇f(x) = −2·10⁻³", "éàü ☃"] {
            let width = StrokeFont.width(of: text, size: 10)
            let lines = StrokeFont.lines(of: .init(string: text, spot: Spot(x: 0, y: 0), size: 10, anchor: .start))
            let across = lines.joined().map(\.x)
            #expect((across.min() ?? -1) >= 0 && (across.max() ?? 0) <= width + 1e-9 && !lines.isEmpty)
        }
        #expect(StrokeFont.width(of: "", size: 10) == 0)
    }
}
