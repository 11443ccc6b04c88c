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
        guard store.mode == .write, store.access.gathers.isEmpty, place.laneOffsets == nil,
            let axis = wovenAxis(store.access, at: point)
        else { return false }
        let (own, lanes) = (point.coordinates[axis], point.lanes)
        var corner = point
        corner.coordinates[axis].constant -= own.copy
        corner.coordinates[axis].copy = 0
        let block = TransposedBlock(access: store.access, corner: corner.coordinates)
        // Also of a copy that is never stored: the others wait for it.
        woven[block, default: []].append((builder.splat(value, lanes: lanes), place.condition, place.mask))
        guard var parts = woven[block], parts.count == own.copies else { return true }
        woven[block] = nil

        let condition = parts[0].condition
        if parts.allSatisfy({ $0.condition.text == condition.text }) {
            for number in parts.indices { parts[number].condition = .bool(true) }
            if condition.text == "false" { return true }
            guard !condition.isConstant else {
                write(parts, store.access, at: corner)
                return true
            }
            _ = builder.conditional(condition) { _ in
                write(parts, store.access, at: corner)
                return []
            }
        } else {
            write(parts, store.access, at: corner)
        }
        return true
    }

    /// What waits to be written together with the other copies' values: a vector, what must hold for all lanes, and for each.
    typealias WovenPart = (value: Operand, condition: Operand, mask: Operand?)

    /// Writes the copies' vectors as one run, from the place of the first lane of the first copy on.
    private func write(_ parts: [WovenPart], _ access: Access, at corner: Point) {
        let (active, lanes) = (corner.active, corner.lanes)
        let type = nest.buffers[access.buffer].type
        let vector = interleaved(parts.map(\.value))
        let pointer = builder.address(bases[access.buffer], IRScalar(type), access.index, at: corner)
        let masks = parts.map { part -> Operand? in
            if part.condition.text == "true" { return part.mask }
            let whole = builder.splat(part.condition, lanes: lanes)
            return part.mask.map { builder.both($0, whole) } ?? whole
        }
        let scalar = vector.type.scalar
        func write(_ first: Int, _ count: Int) {
            let place = builder.offset(pointer, scalar, by: .integer(Int64(first)))
            let part = builder.part(vector, first..<first + count)
            builder.effect("store \(part.typed), ptr \(place.text), align \(type.byteCount)")
        }
        guard masks.contains(where: { $0 != nil }) else {
            let count = active * parts.count
            if !stream(vector, count: count, to: pointer, access, at: corner) { write(0, count) }
            return
        }
        guard builder.hasMaskedStores else { return writeHolding(masks, active: active, write) }
        let prefix = builder.prefix(active, lanes: lanes)
        let all = interleaved(masks.map { mask in mask.map { builder.both($0, prefix) } ?? prefix })
        let name = "@llvm.masked.store.\(vector.type.suffix).p0"
        builder.declare("declare void \(name)(\(vector.type.text), ptr, i32, \(all.type.text))")
        builder.effect("call void \(name)(\(vector.typed), \(pointer.typed), i32 \(type.byteCount), \(all.typed))")
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

    /// The axis along which the copies of a tile, or of a stage's innermost loop, fill the gaps between lanes.
    private func wovenAxis(_ access: Access, at point: Point) -> Int? {
        guard let vector = vectorAxis, point.lanes > 1, nest.buffers[access.buffer].type.byteCount >= 4 else {
            return nil
        }
        let stride = access.index.stride(of: vector)
        guard LoopNest.filledGaps.contains(stride) else { return nil }
        // In a loop further out its copies might be written in loops of their own.
        return (schedule.outer + schedule.stages.compactMap(\.last)).first { loop in
            loop.lanes == 1 && access.index.stride(of: loop.axis) == 1 && point.coordinates[loop.axis].copies == stride
        }?.axis
    }
}
