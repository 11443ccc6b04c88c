extension Figure.Grid {
    /// The lines along which the interpolated values are `level`: each cell is crossed where its edges change sides (Lorensen &
    /// Cline's cubes in the plane), and crossings are joined from cell to cell. Cells with a value that is not finite are left out.
    func lines(at level: Double) -> [[(x: Double, y: Double)]] {
        let width = x.count
        guard width > 1, y.count > 1 else { return [] }
        /// Edges by number: that to the right of a point is even, that above it odd.
        func crossing(_ edge: Int) -> (x: Double, y: Double) {
            let point = edge / 2, (row, column) = (point / width, point % width)
            let other = edge % 2 == 0 ? point + 1 : point + width
            let share = (level - values[point]) / (values[other] - values[point])
            return edge % 2 == 0
                ? (x[column] + share * (x[column + 1] - x[column]), y[row])
                : (x[column], y[row] + share * (y[row + 1] - y[row]))
        }
        var neighbours: [Int: [Int]] = [:]
        for row in 0..<y.count - 1 {
            for column in 0..<width - 1 {
                let point = row * width + column
                // Corners and edges against the clock, from the lower left corner and the lower edge.
                let corners = [point, point + 1, point + width + 1, point + width].map { values[$0] }
                guard corners.allSatisfy(\.isFinite) else { continue }
                let edges = [2 * point, 2 * (point + 1) + 1, 2 * (point + width), 2 * point + 1]
                let isAbove = corners.map { $0 > level }
                var crossed = (0..<4).filter { isAbove[$0] != isAbove[($0 + 1) % 4] }.map { edges[$0] }
                if crossed.count == 4 {
                    // A saddle: its middle decides which corners belong together.
                    let isMiddleAbove = corners.reduce(0, +) / 4 > level
                    if isMiddleAbove != isAbove[0] { crossed = [crossed[3], crossed[0], crossed[1], crossed[2]] }
                }
                for pair in stride(from: 0, to: crossed.count - 1, by: 2) {
                    neighbours[crossed[pair], default: []].append(crossed[pair + 1])
                    neighbours[crossed[pair + 1], default: []].append(crossed[pair])
                }
            }
        }
        return Self.chains(&neighbours).map { $0.map(crossing) }
    }

    /// Chains of neighbours: first those with ends, then the closed ones.
    private static func chains(_ neighbours: inout [Int: [Int]]) -> [[Int]] {
        var chains: [[Int]] = []
        let starts = neighbours.keys.sorted()
        for endsOnly in [true, false] {
            for start in starts where !(neighbours[start] ?? []).isEmpty {
                if endsOnly && neighbours[start]?.count != 1 { continue }
                var chain = [start]
                while let last = chain.last, let next = neighbours[last]?.first {
                    neighbours[last]?.removeFirst()
                    if let place = neighbours[next]?.firstIndex(of: last) { neighbours[next]?.remove(at: place) }
                    chain.append(next)
                }
                chains.append(chain)
            }
        }
        return chains
    }
}
