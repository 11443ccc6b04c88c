import Foundation

extension Figure {
    /// The figure as an SVG file.
    public var svg: String { drawing().svg }

    /// Writes the figure as an SVG file.
    ///
    /// - Throws: a `DataError` where the file cannot be written.
    public func write(to path: String) throws(DataError) { try OutputFile.write(Array(svg.utf8), to: path) }
}

extension Drawing {
    /// The drawing as an SVG file, in the subset of version 1.1 that every program reads.
    var svg: String {
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.length(width))\" height=\"\(Self.length(height))\""
                + " viewBox=\"0 0 \(Self.length(width)) \(Self.length(height))\""
                + " font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">"
        ]
        lines += marks.map(Self.element)
        lines.append("</svg>\n")
        return lines.joined(separator: "\n")
    }

    private static func element(_ mark: Mark) -> String {
        switch mark {
        case .line(let spots, let width, let color, let isDashed):
            let dashes = isDashed ? " stroke-dasharray=\"6 4\"" : ""
            return "<polyline points=\"\(points(spots))\" fill=\"none\" stroke=\"\(color.code)\""
                + " stroke-width=\"\(length(width))\" stroke-linejoin=\"round\" stroke-linecap=\"round\"\(dashes)/>"
        case .area(let spots, let color):
            return "<polygon points=\"\(points(spots))\" fill=\"\(color.code)\"/>"
        case .disc(let spot, let radius, let color):
            return "<circle cx=\"\(length(spot.x))\" cy=\"\(length(spot.y))\" r=\"\(length(radius))\""
                + " fill=\"\(color.code)\"/>"
        case .text(let text):
            let (x, y) = (length(text.spot.x), length(text.spot.y))
            let turn = text.isUpright ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
            return "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(length(text.size))\" fill=\"\(text.color.code)\""
                + " text-anchor=\"\(text.anchor.rawValue)\"\(turn)>\(escaped(text.string))</text>"
        case .cells(let frame, let columns, let rows, let colors):
            return cells(frame, columns, rows, colors)
        }
    }

    /// Runs of one colour are one rectangle each; neighbours overlap a little, so that no seam shows.
    private static func cells(_ frame: Frame, _ columns: Int, _ rows: Int, _ colors: [Color]) -> String {
        let (width, height) = (frame.width / Double(columns), frame.height / Double(rows))
        var lines = ["<g shape-rendering=\"crispEdges\">"]
        for row in 0..<rows {
            var column = 0
            while column < columns {
                let color = colors[row * columns + column]
                var end = column + 1
                while end < columns && colors[row * columns + end] == color { end += 1 }
                lines.append(
                    "<rect x=\"\(length(frame.left + width * Double(column)))\""
                        + " y=\"\(length(frame.top + height * Double(row)))\""
                        + " width=\"\(length(width * Double(end - column)))\" height=\"\(length(height))\""
                        + " fill=\"\(color.code)\"/>")
                column = end
            }
        }
        return (lines + ["</g>"]).joined(separator: "\n")
    }

    private static func points(_ spots: [Spot]) -> String {
        spots.map { "\(length($0.x)),\(length($0.y))" }.joined(separator: " ")
    }

    /// A length to hundredths of a point, without needless zeros.
    private static func length(_ value: Double) -> String {
        let hundredths = (value * 100).rounded()
        guard abs(hundredths) < 1e15 else { return "0" }
        let whole = Int(hundredths)
        return whole % 100 == 0 ? "\(whole / 100)" : "\(Double(whole) / 100)"
    }

    /// The text without what has a meaning in XML, or no place in it.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
