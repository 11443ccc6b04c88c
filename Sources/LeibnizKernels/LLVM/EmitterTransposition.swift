/// A block of a buffer that a register tile reads: rows along one axis of the tile, columns along the vectors' lanes.
struct TransposedBlock: Hashable {
    var access: Access
    var corner: [Coordinate]
}

/// Loads across: where lanes lie far apart but the tile's copies side by side.
///
/// Instead of each copy gathering its lanes, the tile loads rows (each along the copies, for one lane) and transposes them
/// in registers: log₂ n rounds in which pairs of rows at a distance d exchange the lanes whose number has or lacks the bit d
/// (Eklundh, *A fast computer method for matrix transposing*, 1972).
extension NestEmitter {
    /// The vector that an access of this kind reads at a point, or nil if it is of another kind.
    func transposedLoad(_ access: Access, at point: Point, laneStride: Int) -> Operand? {
        guard access.gathers.isEmpty, let vector = vectorAxis, access.index.stride(of: vector) == laneStride,
            let axis = rowAxis(access, at: point)
        else { return nil }
        let (own, lanes) = (point.coordinates[axis], point.lanes)
        var row = point
        row.coordinates[axis].constant -= own.copy
        row.coordinates[axis].copy = 0
        let block = TransposedBlock(access: access, corner: row.coordinates)
        if let known = transposed[block] { return known[own.copy] }

        row.coordinates[axis].isVector = true
        row.coordinates[vector].isVector = false
        row.active = own.copies
        let start = point.coordinates[vector].constant
        var rows = (0..<point.active).map { lane -> Operand in
            row.coordinates[vector].constant = start + lane
            var cache: [ValueID: Operand] = [:]
            return builder.splat(load(access, at: row, &cache), lanes: lanes)
        }
        let type = rows[0].type
        let zero = Operand("zeroinitializer", type, level: 0, isConstant: true)
        rows += Array(repeating: zero, count: lanes - rows.count)
        var distance = lanes / 2
        while distance > 0 {
            for low in 0..<lanes where low & distance == 0 {
                let (a, b) = (rows[low], rows[low + distance])
                let numbers = 0..<lanes
                rows[low] = builder.shuffle(a, b, numbers.map { $0 & distance == 0 ? $0 : lanes + $0 - distance })
                rows[low + distance] = builder.shuffle(
                    a, b, numbers.map { $0 & distance == 0 ? $0 + distance : lanes + $0 })
            }
            distance /= 2
        }
        transposed[block] = rows
        return rows[own.copy]
    }

    /// The axis of the tile along which an access's elements are neighbours and copies about as many as lanes.
    private func rowAxis(_ access: Access, at point: Point) -> Int? {
        schedule.outer.first { loop in
            let coordinate = point.coordinates[loop.axis]
            return loop.lanes == 1 && access.index.stride(of: loop.axis) == 1
                && coordinate.copies.roundedUpToPowerOfTwo == point.lanes && coordinate.copies > 1
        }?.axis
    }
}
