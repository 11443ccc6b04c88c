/// Copies of operands in the order in which a tile reads them, in a thread's own memory.
extension NestEmitter {
    /// Where a packed operand lies.
    struct PackedPlace {
        /// The address of its first element, if the part of the sums began at 0 and the unit as well.
        var pointer: Operand
        /// The elements that a step along each axis of the first stage takes.
        var rows: Affine
        /// The axis of neighbours, and the elements that a step along it takes from tile to tile: 0 where only one tile's are there.
        var (axis, tileStride): (Int, Int)
    }

    /// The iterations of the first stage's first loop that are walked now.
    struct WalkedPart {
        var start: Operand
        var length: Int
    }

    /// The iterations of the longest part of the first stage's first loop.
    private var longestPart: Int {
        guard let axis = nest.stages.first?.axes.first else { return 1 }
        guard schedule.blocksPerPart > 0 else { return extents[axis] }
        let step = schedule.stages[0][0].step
        let size = step * schedule.blocksPerPart
        return max(size, extents[axis] - (extents[axis] / step * step - 1) / size * size)
    }

    /// The elements from one row of a packed operand to the next along each axis of the first stage, and those of all rows.
    private func rows(width: Int, length: Int) -> (strides: Affine, count: Int) {
        var (strides, count) = (Affine(), width)
        let axes = nest.stages[0].axes
        for axis in axes.reversed() {
            strides.add(count, axis: axis)
            count *= axis == axes.first ? length : extents[axis]
        }
        return (strides, count)
    }

    /// The bytes of a thread's memory that copies take, behind what else it holds.
    func layOutPackings(after bytes: Int) -> Int {
        var end = (bytes + 63) / 64 * 64
        for (number, packing) in schedule.packed.enumerated() {
            packingOffsets[number] = end
            guard let place = schedule.outer.firstIndex(where: { $0.axis == packing.axis }) else { continue }
            let loop = schedule.outer[place]
            let blocks = place < packing.depth ? 1 : loop.stepsInUnit(extent: extents[loop.axis])
            let elements = rows(width: loop.step, length: longestPart).count * blocks
            end += (elements * nest.values[packing.value].type.byteCount + 63) / 64 * 64
        }
        return end
    }

    /// Copies what is packed at a depth of the outer loops.
    ///
    /// - Parameter points: the tile so far.
    func pack(at depth: Int, _ points: [Point], unitStarts: [Int: Operand]) {
        for (number, packing) in schedule.packed.enumerated() where packing.depth == depth {
            guard case .load(let access) = nest.values[packing.value].operation, let offset = packingOffsets[number],
                let place = schedule.outer.firstIndex(where: { $0.axis == packing.axis }),
                let first = nest.stages[0].axes.first
            else { continue }
            let loop = schedule.outer[place]
            let scalar = memoryScalar(nest.buffers[access.buffer].type)
            let part = walkedPart ?? WalkedPart(start: .integer(0), length: extents[first])
            let (strides, count) = rows(width: loop.step, length: part.length)
            // A register of its own each time: what is read from here must not be taken for what was read from here before.
            let start = builder.instruction("getelementptr i8, ptr %scratch, i64 \(offset)", IRType(.ptr))
            var begin = builder.offset(
                start, scalar, by: builder.imul(part.start, .integer(Int64(-strides.stride(of: first)))))
            let isInside = place >= depth
            if isInside {
                let unit = unitStarts[loop.axis] ?? .integer(0)
                steps(of: loop, unitStart: unitStarts[loop.axis]) { base, constant, length in
                    let corner = points[0].at(loop.axis, Coordinate(base: base, constant: constant))
                    let distance = builder.iadd(base ?? .integer(0), .integer(Int64(constant)))
                    let steps = builder.iadd(distance, builder.imul(unit, .integer(-1)))
                    let block = builder.offset(
                        start, scalar, by: builder.imul(steps, .integer(Int64(count / loop.step))))
                    copyBlock(
                        access, packing, corner: corner, count: length, lanes: loop.lanes, part, strides, to: block)
                }
                begin = builder.offset(begin, scalar, by: builder.imul(unit, .integer(Int64(-count / loop.step))))
            } else {
                let low = points.map { $0.coordinates[loop.axis].constant }.min() ?? 0
                let high = points.map { $0.coordinates[loop.axis].constant + (loop.lanes > 1 ? $0.active : 1) }.max()
                var corner = points[0]
                corner.coordinates[loop.axis].constant = low
                copyBlock(
                    access, packing, corner: corner, count: (high ?? 1) - low, lanes: loop.lanes, part, strides,
                    to: start)
            }
            packed[packing.value] = PackedPlace(
                pointer: begin, rows: strides, axis: loop.axis, tileStride: isInside ? count / loop.step : 0)
        }
    }

    /// Copies the rows of a part for `count` neighbours.
    ///
    /// The rest of their last vector becomes 0: what was there before may be subnormal, with which each operation takes a hundred times
    /// as long.
    private func copyBlock(
        _ access: Access, _ packing: Packing, corner: Point, count: Int, lanes: Int, _ part: WalkedPart,
        _ strides: Affine, to pointer: Operand
    ) {
        fillBlock(0..<count, access, packing, corner, part, strides, to: pointer) { .load(Access(access.buffer, $0)) }
        let end = (count + lanes - 1) / lanes * lanes
        if end > count {
            fillBlock(count..<end, access, packing, corner, part, strides, to: pointer) { _ in .float(0) }
        }
    }

    /// Writes the rows of a part for some neighbours: `number` gives each by where the operand's element is.
    private func fillBlock(
        _ neighbours: Range<Int>, _ access: Access, _ packing: Packing, _ corner: Point, _ part: WalkedPart,
        _ strides: Affine, to pointer: Operand, number: (Affine) -> Value.Operation
    ) {
        let type = nest.buffers[access.buffer].type
        var copy = LoopNest(name: "pack")
        copy.axes = nest.axes
        copy.buffers = nest.buffers
        var (source, target, start) = (access.index, Affine(neighbours.lowerBound), corner)
        (start.lanes, start.active) = (1, 1)
        start.coordinates[packing.axis].isVector = false
        func walk(_ axis: Int, _ extent: Int, _ stride: Int) {
            guard extent > 1 else { return }
            copy.outer.append(copy.axes.count)
            source.add(access.index.stride(of: axis), axis: copy.axes.count)
            target.add(stride, axis: copy.axes.count)
            copy.axes.append(Axis(extent))
            start.coordinates.append(Coordinate())
        }
        for axis in nest.stages[0].axes {
            let isFirst = axis == nest.stages[0].axes.first
            start.coordinates[axis] = Coordinate()
            if isFirst, let known = part.start.integerValue {
                start.coordinates[axis].constant = Int(known)
            } else if isFirst {
                start.coordinates[axis].base = part.start
            }
            walk(axis, isFirst ? part.length : extents[axis], strides.stride(of: axis))
        }
        walk(packing.axis, neighbours.count, 1)
        copy.buffers.append(
            BufferDeclaration(type, count: 1 + target.range(extents: copy.axes.map(\.extent)).upperBound, role: .output)
        )
        copy.values = [Value(number(source), type)]
        copy.stages = [Stage(stores: [Store(Access(nest.buffers.count, target), 0)])]
        let schedule = Scheduler(copy, target: builder.target, threads: 1).schedule()
        let emitter = NestEmitter(copy, schedule: schedule, builder: builder, bases: bases + [pointer])
        emitter.outerLoops(0, [start], unitStarts: [:]) { emitter.stages(from: 0, &$0) }
    }

    /// An element, or a vector of elements, of a packed operand.
    func load(_ place: PackedPlace, _ type: ElementType, at point: Point) -> Operand {
        let pointer = pointer(in: place, type, at: point)
        let vector = IRType(memoryScalar(type), lanes: point.coordinates[place.axis].isVector ? point.lanes : 1)
        return builder.pure(
            "load \(vector.text), ptr \(pointer.text), align \(type.byteCount)", vector, [pointer],
            floor: builder.loadFloor)
    }

    /// Where a packed operand's element for a point is, or its first.
    func pointer(in place: PackedPlace, _ type: ElementType, at point: Point) -> Operand {
        let coordinate = point.coordinates[place.axis]
        let neighbour = coordinate.copy * (coordinate.isVector ? point.lanes : 1)
        var (index, moved) = (place.rows, point)
        index.add(neighbour)
        moved.coordinates[place.axis].constant -= neighbour
        moved.coordinates[place.axis].isVector = false
        index.add(place.tileStride, axis: place.axis)
        return builder.address(place.pointer, memoryScalar(type), index, at: moved)
    }
}
