import { describe, expect, it } from 'vitest';
import { Returning } from '#src/domain/mesh/returning.js';
import { contactOf } from '#test/support/mesh-contacts.js';

const [ANNA, BEN, CARL] = [contactOf(1), contactOf(2), contactOf(3)];

describe('peers who come back', () => {
  it('are asked once each, one every five seconds, and nobody else is', () => {
    const returning = new Returning();
    returning.linked(CARL);
    expect(returning.dueAt).toBe(Number.POSITIVE_INFINITY);
    for (const { peerId } of [ANNA, BEN]) returning.lost(peerId);
    expect(returning.tick(1000)).toBeUndefined();
    for (const contact of [ANNA, BEN]) returning.linked(contact);
    expect(returning.tick(1000)).toEqual(ANNA);
    expect(returning.dueAt).toBe(6000);
    expect(returning.tick(5999)).toBeUndefined();
    expect(returning.tick(6000)).toEqual(BEN);
    expect(returning.dueAt).toBe(Number.POSITIVE_INFINITY);
    returning.linked(ANNA);
    expect(returning.tick(60_000)).toBeUndefined();
  });

  it('are not asked where they are neighbours already, or gone again', () => {
    const returning = new Returning();
    for (const { peerId } of [ANNA, BEN, CARL]) returning.lost(peerId);
    for (const contact of [ANNA, BEN, CARL]) returning.linked(contact);
    returning.neighbour(ANNA.peerId);
    returning.lost(BEN.peerId);
    expect(returning.tick(0)).toEqual(CARL);
    expect(returning.tick(60_000)).toBeUndefined();
  });

  it('are forgotten, those first who went first, where more are away than are known at once', () => {
    const returning = new Returning();
    returning.lost(ANNA.peerId);
    for (let number = 2; number <= 1025; number += 1) returning.lost(contactOf(number).peerId);
    returning.linked(ANNA);
    expect(returning.tick(0)).toBeUndefined();
    returning.linked(BEN);
    expect(returning.tick(0)).toEqual(BEN);
  });
});
