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

    /// The axis of the tile along which an access's elements are neighbours and copies at least a few.
    private func rowAxis(_ access: Access, at point: Point) -> Int? {
        schedule.outer.first { loop in
            let coordinate = point.coordinates[loop.axis]
            return loop.lanes == 1 && access.index.stride(of: loop.axis) == 1
                && coordinate.copies >= Tile.fewestRows && coordinate.copies <= point.lanes
        }?.axis
    }
}

/// Stores that interleave: where lanes leave gaps that the tile's copies fill.
///
/// The copies' vectors wait for each other, and are then written as one run of neighbours.
extension NestEmitter {
    /// Takes a value to be written together with those of the other copies; false where the store is of another kind.
    func weave(_ store: Store, _ value: Operand, _ place: Place, at point: Point) -> Bool {
        guard store.mode == .write, store.access.gathers.isEmpty, place.laneOffsets == nil, builder.hasMaskedStores,
            let axis = wovenAxis(store.access, at: point)
        else { return false }
        let type = nest.buffers[store.access.buffer].type
        let (own, lanes) = (point.coordinates[axis], point.lanes)
        var corner = point
        corner.coordinates[axis].constant -= own.copy
        corner.coordinates[axis].copy = 0
        let block = TransposedBlock(access: store.access, corner: corner.coordinates)
        let isPrefix = place.mask == nil && place.condition.text == "true"
        var mask = place.mask.map { activePart($0, point) }
        if mask == nil, point.active < lanes { mask = builder.prefix(point.active, lanes: lanes) }
        // Also of a copy that is never stored: the others wait for it.
        if place.condition.text != "true" {
            let whole = builder.splat(place.condition, lanes: lanes)
            mask = mask.map { builder.both($0, whole) } ?? whole
        }
        woven[block, default: []].append((builder.splat(value, lanes: lanes), mask, isPrefix))
        guard let parts = woven[block], parts.count == own.copies else { return true }
        woven[block] = nil

        let vector = interleaved(parts.map(\.value))
        let pointer = builder.address(bases[store.access.buffer], IRScalar(type), store.access.index, at: corner)
        if parts.allSatisfy(\.isPrefix),
            stream(vector, count: point.active * own.copies, to: pointer, store.access, at: corner)
        {
            return true
        }
        if parts.allSatisfy({ $0.mask == nil }) {
            builder.effect("store \(vector.typed), ptr \(pointer.text), align \(type.byteCount)")
            return true
        }
        let masks = interleaved(parts.map { $0.mask ?? builder.splat(.bool(true), lanes: lanes) })
        let name = "@llvm.masked.store.\(vector.type.suffix).p0"
        builder.declare("declare void \(name)(\(vector.type.text), ptr, i32, \(masks.type.text))")
        builder.effect("call void \(name)(\(vector.typed), \(pointer.typed), i32 \(type.byteCount), \(masks.typed))")
        return true
    }

    /// The first elements of all vectors, then their second ones, and so on.
    private func interleaved(_ vectors: [Operand]) -> Operand {
        var (row, lanes) = (vectors, vectors[0].type.lanes)
        while row.count > 1 {
            // Vector i meets vector i + n/2, so that after the last round all are in order.
            let half = row.count / 2
            row = (0..<half).map { place in
                builder.shuffle(
                    row[place], row[place + half], (0..<2 * lanes).map { $0 % 2 == 0 ? $0 / 2 : lanes + $0 / 2 })
            }
            lanes *= 2
        }
        return row[0]
    }

    /// The axis of the tile along which the copies fill the gaps between lanes.
    private func wovenAxis(_ access: Access, at point: Point) -> Int? {
        guard let vector = vectorAxis, point.lanes > 1, nest.buffers[access.buffer].type.byteCount >= 4 else {
            return nil
        }
        let stride = access.index.stride(of: vector)
        guard stride == 2 || stride == 4 else { return nil }
        return schedule.outer.first { loop in
            loop.lanes == 1 && access.index.stride(of: loop.axis) == 1 && point.coordinates[loop.axis].copies == stride
        }?.axis
    }
}
