/// Loads and stores of loop nests as IR: addresses, bounds, gathered indices.
extension NestEmitter {
    /// An access at a point, resolved: where its element is and when it may be touched.
    struct Place {
        /// The address of the first lane, without gathered parts that vary along the lanes.
        var pointer: Operand
        /// That address without `displacement`, and a number of elements, where nothing is gathered: neighbours share it.
        var root: Operand?
        var displacement = 0
        /// What a lane adds to the address, in elements.
        var laneStride: Int
        /// Gathered parts that vary along the lanes: elements to add, a vector of i64.
        var laneOffsets: Operand?
        /// What must hold for all lanes at once.
        var condition: Operand
        /// What must hold lane by lane, if anything.
        var mask: Operand?
    }

    /// Resolves an access; reports illegal gathered indices.
    func place(_ access: Access, at point: Point, _ cache: inout [ValueID: Operand]) -> Place {
        let scalar = memoryScalar(nest.buffers[access.buffer].type)
        var (condition, mask) = (Operand.bool(true), nil as Operand?)
        func require(_ test: Operand) {
            if test.type.lanes == 1 {
                condition = builder.both(condition, test)
            } else {
                mask = mask.map { builder.both($0, test) } ?? test
            }
        }
        for bound in access.bounds { require(testOfAccess(bound, at: point)) }
        let guarding = (condition, mask)
        var (base, laneOffsets) = (bases[access.buffer], nil as Operand?)
        for gather in access.gathers {
            let type = nest.values[gather.value].type
            let value = evaluate(gather.value, at: point, &cache)
            let index = builder.cast(type == .uint8 || type == .bool ? "zext" : "sext", value, to: .i64)
            let isLegal = builder.compare("ult", index, .integer(Int64(max(0, gather.extent))))
            if case .report(let check, let position) = gather.otherwise {
                let first = firstPosition(position, of: gather, access)
                report(check, index, isLegal, guarding, builder.integer(first, at: point), access.bounds, at: point)
            }
            var elements = builder.imul(
                index,
                index.type.lanes == 1
                    ? .integer(Int64(gather.stride))
                    : builder.splat(.integer(Int64(gather.stride)), lanes: index.type.lanes))
            if readsFirstInstead(gather, access) {
                let none = index.type.lanes == 1 ? Operand.integer(0) : zeros(index.type)
                elements = builder.select(isLegal, elements, none)
            } else {
                require(isLegal)
            }
            if index.type.lanes == 1 {
                base = builder.offset(base, scalar, by: elements)
            } else {
                laneOffsets = laneOffsets.map { builder.binary("add", $0, elements) } ?? elements
            }
        }
        let (root, displacement) = builder.root(base, scalar, access.index, at: point)
        return Place(
            pointer: builder.offset(root, scalar, by: .integer(Int64(displacement))),
            root: access.gathers.isEmpty ? root : nil, displacement: displacement,
            laneStride: builder.terms(of: access.index, at: point).laneStride, laneOffsets: laneOffsets,
            condition: condition, mask: mask)
    }

    /// Whether a load may read the first element along an axis where an index is illegal: the run has failed then, whatever it goes on
    /// with. Nothing need be tested where the element is read, be it in a loop whose every iteration reads at the same index.
    private func readsFirstInstead(_ gather: Gather, _ access: Access) -> Bool {
        guard case .report = gather.otherwise else { return false }
        return gather.extent > 0 && nest.buffers[access.buffer].role == .input
    }

    /// A position as it is where the axes begin along which neither the index nor the tests of its access change: what is illegal is so
    /// there as well, and is looked for outside of their loops.
    private func firstPosition(_ position: Affine, of gather: Gather, _ access: Access) -> Affine {
        if extents.contains(0) { return position }
        let tested = AxisSet(access.bounds.flatMap { $0.index.terms.map(\.axis) })
        let moving = dependence[gather.value].union(tested)
        return Affine(position.offset, position.terms.filter { moving.has($0.axis) }.map { ($0.axis, $0.stride) })
    }

    /// Sets the status record where an index is illegal although the access's bounds hold.
    private func report(
        _ check: Int, _ index: Operand, _ isLegal: Operand, _ guarding: (Operand, Operand?), _ position: Operand,
        _ bounds: [Bound], at point: Point
    ) {
        var bad = builder.both(builder.not(isLegal), guarding.0)
        if let mask = guarding.1 { bad = builder.both(bad, mask) }
        if bad.isConstant, bad.text == "false" { return }
        let lanes = max(bad.type.lanes, index.type.lanes, position.type.lanes)
        bad = builder.splat(bad, lanes: lanes)
        if lanes > 1, point.active < lanes { bad = builder.both(bad, builder.prefix(point.active, lanes: lanes)) }
        builder.declare(Self.reportFunction)
        let any = lanes == 1 ? bad : builder.call("llvm.vector.reduce.or.v\(lanes)i1", IRType(.i1), [bad])
        let details = [index, position].map { builder.splat($0, lanes: lanes) }
        // The same test at the same place need not be made twice.
        guard reported.insert("\(check) \(any.text) \(details[1].text)").inserted else { return }
        // What a loop's limits make sure of holds only inside.
        let floor = bounds.reduce(0) { max($0, level(of: $1)) }
        let place = ([any] + details).reduce(floor) { max($0, $1.level) }
        var text = ""
        for lane in 0..<point.active where lane < lanes {
            func element(_ x: Operand) -> String {
                if lanes == 1 { return x.typed }
                let name = builder.fresh("%r")
                text += "  \(name) = extractelement \(x.typed), i64 \(lane)\n"
                return "\(x.type.scalar.rawValue) \(name)"
            }
            let arguments = [bad, details[0], details[1]].map(element)
            text += "  call void @leibniz_report(ptr %status, i64 \(check + 1), \(arguments.joined(separator: ", ")))\n"
        }
        builder.rarely(if: any, level: place, text)
    }

    private static let reportFunction = """
        define internal void @leibniz_report(ptr %status, i64 %code, i1 %bad, i64 %value, i64 %position) noinline cold {
        entry:
          br i1 %bad, label %try, label %done
        try:
          %pair = cmpxchg ptr %status, i64 0, i64 %code monotonic monotonic
          %first = extractvalue { i64, i1 } %pair, 1
          br i1 %first, label %write, label %done
        write:
          %valuePlace = getelementptr i64, ptr %status, i64 1
          %positionPlace = getelementptr i64, ptr %status, i64 2
          store i64 %value, ptr %valuePlace
          store i64 %position, ptr %positionPlace
          br label %done
        done:
          ret void
        }
        """

    /// How a type lies in memory: `bool` takes a byte.
    func memoryScalar(_ type: ElementType) -> IRScalar { type == .bool ? .i8 : IRScalar(type) }

    /// A register of what memory holds, as a value: bytes of `bool` become bits.
    private func fromMemory(_ x: Operand, _ type: ElementType) -> Operand {
        type == .bool ? builder.compare("ne", x, .integer(0, .i8)) : x
    }

    /// An element, or a vector of elements, of a buffer at a point; zero where the access does not hold.
    func load(_ access: Access, at point: Point, _ cache: inout [ValueID: Operand]) -> Operand {
        let declaration = nest.buffers[access.buffer]
        let scalar = memoryScalar(declaration.type)
        let zero =
            declaration.type.isFloatingPoint
            ? Operand.float(0, IRScalar(declaration.type)) : .integer(0, IRScalar(declaration.type))
        let place = place(access, at: point, &cache)
        if declaration.count == 0 || place.condition.text == "false" { return zero }
        // Of a buffer that the nest writes, each load may see something else.
        let isStable = declaration.role == .input
        // What a loop's limits make sure of holds only inside.
        let floor = access.bounds.reduce(builder.loadFloor) { max($0, level(of: $1)) }
        func read(_ pointer: Operand, _ type: IRType) -> Operand {
            let text = "load \(type.text), ptr \(pointer.text), align \(max(1, scalar.bits / 8))"
            return isStable
                ? builder.pure(text, type, [pointer], floor: floor) : builder.instruction(text, type)
        }
        func readMasked(_ text: String, _ type: IRType, _ operands: [Operand]) -> Operand {
            isStable ? builder.pure(text, type, operands, floor: floor) : builder.instruction(text, type)
        }
        let isUniform = (place.laneStride == 0 || point.lanes == 1) && place.laneOffsets == nil
        if isUniform {
            var condition = place.condition
            if let mask = place.mask {
                let any = builder.call(
                    "llvm.vector.reduce.or.v\(mask.type.lanes)i1", IRType(.i1), [activePart(mask, point)])
                condition = builder.both(condition, any)
            }
            let value = fromMemory(read(guarded(place.pointer, condition), IRType(scalar)), declaration.type)
            return place.mask.map { builder.select($0, value, zero) } ?? value
        }
        if place.laneOffsets == nil, place.laneStride == 1 || place.laneStride == -1 {
            fetchAhead(of: place.pointer, access, at: point)
            let isAnywhere = reachable(access, at: point, place)
            return contiguous(place, isAnywhere, at: point, access.buffer, scalar, read, readMasked)
        }
        if place.laneOffsets == nil, place.laneStride == 2, point.lanes > 2, declaration.type != .bool,
            point.active == point.lanes || scalar.bits >= 32, place.mask == nil || hasRunningBounds(access, at: point)
        {
            fetchAhead(of: place.pointer, access, at: point)
            return everySecond(access, place, at: point, scalar, read, readMasked)
        }
        if isStable, let column = transposedLoad(access, at: point, laneStride: place.laneStride) { return column }
        // Lane by lane.
        let lanes = (0..<point.active).map { lane -> Operand in
            let pointer = element(lane, of: place, scalar)
            let condition = place.mask.map { builder.both(place.condition, builder.lane($0, lane)) } ?? place.condition
            return read(guarded(pointer, condition), IRType(scalar))
        }
        return fromMemory(builder.vector(lanes, lanes: point.lanes), declaration.type)
    }

    /// Neighbouring elements, forwards or backwards.
    ///
    /// - Parameter isAnywhere: false where no lane may be touched, and the address may lie far from the buffer.
    private func contiguous(
        _ place: Place, _ isAnywhere: Operand, at point: Point, _ buffer: Int, _ scalar: IRScalar,
        _ read: (Operand, IRType) -> Operand, _ readMasked: (String, IRType, [Operand]) -> Operand
    ) -> Operand {
        let isBackwards = place.laneStride < 0
        let (count, lanes) = (point.active, point.lanes)
        let first = isBackwards ? builder.offset(place.pointer, scalar, by: .integer(Int64(1 - count))) : place.pointer
        var vector: Operand
        if place.mask != nil || (count.nonzeroBitCount > 1 && count < lanes && scalar.bits >= 32) {
            // Forwards the elements that count are the first ones; backwards they lie in reverse order before those. What holds for
            // all lanes or none has chosen the address.
            let reversed = place.mask.map { activePart($0, point) }.map {
                isBackwards ? builder.shuffle($0, nil, reversal(count, lanes: lanes)) : $0
            }
            let mask = reversed ?? builder.prefix(count, lanes: lanes)
            let type = IRType(scalar, lanes: lanes)
            if scalar == .i8, !builder.hasMaskedStores, let bytes = bytes(buffer, first, isAnywhere, type, read) {
                vector = builder.select(mask, bytes, zeros(type))
            } else {
                vector = masked(guarded(first, isAnywhere), type, mask, readMasked)
            }
        } else {
            let pointer = isBackwards ? guarded(first, place.condition) : guarded(place, scalar)
            vector = read(pointer, IRType(scalar, lanes: count))
            if count < lanes {
                vector =
                    count == 1
                    ? builder.vector([vector], lanes: lanes)
                    : builder.shuffle(vector, zeros(vector.type), (0..<lanes).map { min($0, count) })
            }
        }
        if isBackwards { vector = builder.shuffle(vector, nil, reversal(count, lanes: lanes)) }
        return fromMemory(vector, nest.buffers[buffer].type)
    }

    /// Neighbouring bytes from `pointer` on, of which some may lie outside of the buffer and are then anything; nil where that is not possible.
    ///
    /// Processors without masks for bytes would look at each for itself. Instead, all are read from the nearest place where all are in
    /// the buffer, and shifted to where they belong.
    private func bytes(
        _ buffer: Int, _ pointer: Operand, _ isAnywhere: Operand, _ type: IRType,
        _ read: (Operand, IRType) -> Operand
    ) -> Operand? {
        let count = nest.buffers[buffer].count
        let scalars: [Int: IRScalar] = [4: .i32, 8: .i64]
        guard count >= type.lanes, let scalar = scalars[type.lanes] else { return nil }
        let start = bases[buffer]
        let end = builder.offset(start, .i8, by: .integer(Int64(count - type.lanes)))
        let low = builder.select(builder.compare("ult", pointer, start), start, pointer)
        let inside = builder.select(builder.compare("ult", low, end), low, end)
        let all = read(guarded(inside, isAnywhere), IRType(scalar))
        // How many bytes later, or earlier, they were read.
        func bits(_ pointer: Operand) -> Operand { builder.cast("ptrtoint", pointer, to: scalar) }
        func distance(_ a: Operand, _ b: Operand) -> Operand {
            let bits = builder.binary("shl", builder.binary("sub", bits(a), bits(b)), .integer(3, scalar))
            return builder.select(isAnywhere, bits, .integer(0, scalar))
        }
        let later = builder.binary("shl", all, distance(low, pointer))
        let shifted = builder.binary("lshr", later, distance(low, inside))
        return builder.pure("bitcast \(shifted.typed) to \(type.text)", type, [shifted])
    }

    /// The elements beyond a bound that still lie in memory which is there anyway.
    private static let nearElements = 512

    /// Whether some lane of a masked access holds, where that is worth a test: processors read nothing where the mask is empty, but take
    /// their time for it where the address belongs to no memory.
    private func reachable(_ access: Access, at point: Point, _ place: Place) -> Operand {
        if place.mask == nil || !access.gathers.isEmpty { return place.condition }
        return access.bounds.reduce(place.condition) { all, bound in
            let range = bound.index.range(extents: extents)
            let isFar =
                range.lowerBound < -Self.nearElements || range.upperBound >= bound.extent + Self.nearElements
            guard isFar, assumed[bound] == nil, builder.terms(of: bound.index, at: point).laneStride != 0 else {
                return all
            }
            return builder.both(all, builder.testAny(bound, at: point))
        }
    }

    private func zeros(_ type: IRType) -> Operand { Operand("zeroinitializer", type, level: 0, isConstant: true) }

    /// The first `count` lanes backwards, the others as they are.
    private func reversal(_ count: Int, lanes: Int) -> [Int] { (0..<lanes).map { $0 < count ? count - 1 - $0 : $0 } }

    /// Whether bounds follow the address along the lanes, so that they tell of the elements between lanes as well.
    private func hasRunningBounds(_ access: Access, at point: Point) -> Bool {
        nest.buffers[access.buffer].type.byteCount >= 4 && access.gathers.isEmpty
            && access.bounds.allSatisfy { [0, 2].contains(builder.terms(of: $0.index, at: point).laneStride) }
    }

    /// Elements 0, 2, 4, … by two vector loads that touch nothing behind the last of them, nor what bounds exclude.
    private func everySecond(
        _ access: Access, _ place: Place, at point: Point, _ scalar: IRScalar, _ read: (Operand, IRType) -> Operand,
        _ readMasked: (String, IRType, [Operand]) -> Operand
    ) -> Operand {
        let lanes = point.lanes
        let pointer = place.mask == nil ? guarded(place.pointer, place.condition) : place.pointer
        let type = IRType(scalar, lanes: lanes)
        let length = 2 * point.active - 1
        func part(from start: Int) -> Operand {
            let count = length - start
            if count <= 0 { return zeros(type) }
            let pointer = builder.offset(pointer, scalar, by: .integer(Int64(start)))
            var mask = count < lanes ? builder.prefix(count, lanes: lanes) : nil
            if place.mask != nil {
                for bound in access.bounds where builder.terms(of: bound.index, at: point).laneStride == 2 {
                    let holds = builder.test(bound, at: point, lanes: lanes, from: start)
                    mask = mask.map { builder.both($0, holds) } ?? holds
                }
                if !place.condition.isConstant {
                    let whole = builder.splat(place.condition, lanes: lanes)
                    mask = mask.map { builder.both($0, whole) } ?? whole
                }
            }
            return mask.map { masked(pointer, type, $0, readMasked) } ?? read(pointer, type)
        }
        let (low, high) = (part(from: 0), part(from: lanes - 1))
        let numbers = point.order.iterations(lanes: lanes).map { 2 * $0 < lanes ? 2 * $0 : 2 * $0 + 1 }
        return builder.shuffle(low, high, numbers)
    }

    /// The elements of a vector where a mask is true, zero elsewhere.
    private func masked(
        _ pointer: Operand, _ type: IRType, _ mask: Operand, _ readMasked: (String, IRType, [Operand]) -> Operand
    ) -> Operand {
        let name = "@llvm.masked.load.\(type.suffix).p0"
        builder.declare("declare \(type.text) \(name)(ptr, i32, \(mask.type.text), \(type.text))")
        let alignment = max(1, type.scalar.bits / 8)
        let text =
            "call \(type.text) \(name)(\(pointer.typed), i32 \(alignment), \(mask.typed), \(type.text) zeroinitializer)"
        return readMasked(text, type, [pointer, mask])
    }

    /// The address of one lane's element.
    private func element(_ lane: Int, of place: Place, _ scalar: IRScalar) -> Operand {
        var pointer = place.pointer
        if let offsets = place.laneOffsets {
            pointer = builder.offset(pointer, scalar, by: builder.lane(offsets, lane))
        }
        return builder.offset(pointer, scalar, by: .integer(Int64(lane * place.laneStride)))
    }

    /// The pointer, or that of a block of zeros where the condition fails: a guarded load without a branch.
    private func guarded(_ pointer: Operand, _ condition: Operand) -> Operand {
        if condition.isConstant { return pointer }
        builder.declare("@leibniz_zeros = internal constant [\(Self.zeroBytes) x i8] zeroinitializer, align 64")
        return builder.select(condition, pointer, Operand("@leibniz_zeros", IRType(.ptr), level: 0, isConstant: true))
    }

    /// The same for the address of a place. Neighbouring vectors choose once between their memory and the zeros.
    private func guarded(_ place: Place, _ scalar: IRScalar) -> Operand {
        guard let root = place.root, !place.condition.isConstant else { return guarded(place.pointer, place.condition) }
        let block = Self.zeroBytes / 2 / max(1, scalar.bits / 8)
        let first = Int((Double(place.displacement) / Double(block)).rounded(.down)) * block
        let start = builder.offset(root, scalar, by: .integer(Int64(first)))
        let rest = Operand.integer(Int64(place.displacement - first))
        return builder.offset(guarded(start, place.condition), scalar, by: rest)
    }

    private static let zeroBytes = 1024

    /// A mask without the lanes that stand for no point.
    func activePart(_ mask: Operand, _ point: Point) -> Operand {
        point.active < point.lanes ? builder.both(mask, builder.prefix(point.active, lanes: point.lanes)) : mask
    }

    /// Writes a value, or adds it to what is there, wherever the access holds.
    func store(_ store: Store, _ value: Operand, at point: Point, _ cache: inout [ValueID: Operand]) {
        let declaration = nest.buffers[store.access.buffer]
        if declaration.count == 0 { return }
        let value = inOrder(value, point)
        let place = place(store.access, at: point, &cache)
        if weave(store, value, place, at: point) || place.condition.text == "false" { return }
        if place.condition.isConstant { return write(store, value, place, at: point, declaration.type) }
        _ = builder.conditional(place.condition) { _ in
            write(store, value, place, at: point, declaration.type)
            return []
        }
    }

    private func write(_ store: Store, _ value: Operand, _ place: Place, at point: Point, _ type: ElementType) {
        let scalar = memoryScalar(type)
        let alignment = max(1, scalar.bits / 8)
        func put(_ pointer: Operand, _ x: Operand) {
            var new = x
            if store.mode == .add {
                let old = fromMemory(
                    builder.instruction(
                        "load \(IRType(scalar, lanes: x.type.lanes).text), ptr \(pointer.text), align \(alignment)",
                        IRType(scalar, lanes: x.type.lanes)), type)
                new = builder.binary(.add, old, x, type)
            }
            let stored = type == .bool ? builder.cast("zext", new, to: .i8) : new
            builder.effect("store \(stored.typed), ptr \(pointer.text), align \(alignment)")
        }
        let isUniform = (place.laneStride == 0 || point.lanes == 1) && place.laneOffsets == nil
        if isUniform, place.mask == nil, value.type.lanes == 1 { return put(place.pointer, value) }
        let wide = builder.splat(value, lanes: point.lanes)
        if place.laneOffsets == nil, place.laneStride == 1, place.mask == nil,
            stream(wide, count: point.active, to: place.pointer, store.access, at: point)
        {
            return
        }
        let isPartial = place.mask != nil || (point.active < point.lanes && point.active.nonzeroBitCount > 1)
        if isPartial, place.laneOffsets == nil, place.laneStride == 1, store.mode == .write, scalar.bits >= 32,
            builder.hasMaskedStores
        {
            let mask = place.mask.map { activePart($0, point) } ?? builder.prefix(point.active, lanes: point.lanes)
            let name = "@llvm.masked.store.\(wide.type.suffix).p0"
            builder.declare("declare void \(name)(\(wide.type.text), ptr, i32, \(mask.type.text))")
            return builder.effect(
                "call void \(name)(\(wide.typed), \(place.pointer.typed), i32 \(alignment), \(mask.typed))")
        }
        if place.laneOffsets == nil, place.laneStride == 1, place.mask == nil {
            return put(place.pointer, builder.part(wide, 0..<point.active))
        }
        if let mask = place.mask, place.laneOffsets == nil, place.laneStride == 1, point.lanes <= 8 {
            return writeHolding([mask], active: point.active) { first, count in
                let pointer = builder.offset(place.pointer, scalar, by: .integer(Int64(first)))
                put(pointer, builder.part(wide, first..<first + count))
            }
        }
        for lane in 0..<point.active {
            let pointer = element(lane, of: place, scalar)
            let x = builder.lane(wide, lane)
            if let mask = place.mask {
                _ = builder.conditional(builder.lane(mask, lane)) { _ in
                    put(pointer, x)
                    return []
                }
            } else {
                put(pointer, x)
            }
        }
    }
}
