/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population_tiles.h"

#include "limits.h"

static void emotion_lay(struct person_tiles *tiles, const struct simulated_event *event)
{
    struct emotion_tile tile = emotion_tile_of(&(struct emotion_event){
        .occurred_at_us = event->at_us,
        .positivity = event->positivity,
        .intensity = event->intensity,
        .stress = event->stress,
    });
    size_t count = tiles->emotion_count;
    if (count > 0 && tiles->emotions[count - 1].hour_us == tile.hour_us)
        emotion_tile_merge(&tiles->emotions[count - 1], &tile);
    else
        tiles->emotions[tiles->emotion_count++] = tile;
}

static void transaction_lay(struct person_tiles *tiles, const struct simulated_event *event)
{
    struct transaction_tile tile = transaction_tile_of(&(struct transaction_event){
        .occurred_at_us = event->at_us,
        .amount_cents = event->amount_cents,
        .direction = event->is_income ? TRANSACTION_IN : TRANSACTION_OUT,
    });
    size_t count = tiles->transaction_count;
    if (count > 0 && tiles->transactions[count - 1].day_us == tile.day_us)
        transaction_tile_merge(&tiles->transactions[count - 1], &tile);
    else
        tiles->transactions[tiles->transaction_count++] = tile;
}

void population_tiles(const struct simulated_person *person, int64_t as_of_us,
                      struct person_tiles *tiles)
{
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    int64_t emotions_from_us = features_emotions_from_us(as_of_us);
    int64_t transactions_from_us = features_transactions_from_us(as_of_us);
    tiles->registered_us = person->registered_us;
    tiles->emotion_count = 0;
    tiles->transaction_count = 0;
    for (int64_t day = transactions_from_us / DAY_US; day <= as_of_us / DAY_US; day++) {
        size_t count = population_day(person, day, events);
        for (size_t i = 0; i < count && events[i].at_us <= as_of_us; i++) {
            if (events[i].is_payment)
                transaction_lay(tiles, &events[i]);
            else if (events[i].at_us >= emotions_from_us)
                emotion_lay(tiles, &events[i]);
        }
    }
}
